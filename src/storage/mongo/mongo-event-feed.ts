import { type ClientSession, type Connection, mongo } from 'mongoose';
import type { EventAsRecorded } from '../../application/ports/event-as-recorded.ts';
import {
  type EventFeed,
  type EventGroup,
  type EventPlace,
  FeedCut,
  LARGEST_GROUP,
  type PlacedEvent,
  ResumeTokenLost,
} from '../../application/ports/event-feed.ts';
import { StorageUnavailable } from '../../application/ports/storage-errors.ts';
import { databaseOf } from './connection.ts';
import { eventsAmong, type EventDocument } from './event-codec.ts';
import { reading, translate } from './mongo-errors.ts';
import { historyOf, placedAt } from './event-history.ts';
import { firstUnsealedIn } from './unsealed-event.ts';

type Change = { readonly _id: Token; readonly operationType: string; readonly fullDocument?: EventDocument };
type Batch = { readonly id: bigint; readonly nextBatch: readonly Change[]; readonly postBatchResumeToken: Token };
type Token = { readonly _data: string };

/** Where a change stream begins: behind a token, or at a moment of the store's own clock. */
type Beginning = { readonly startAfter: Token } | { readonly startAtOperationTime: mongo.Timestamp };

// CappedPositionLost, ChangeStreamFatalError, ChangeStreamHistoryLost: the oplog has rolled over what was still to be read.
const HISTORY_LOST = new Set([136, 280, 286]);

const isHistoryLost = (error: unknown): error is mongo.MongoServerError =>
  error instanceof mongo.MongoServerError && HISTORY_LOST.has(Number(error.code));

const lost = (cause: Error): ResumeTokenLost => new ResumeTokenLost(cause.message, { cause });

// The server holds an answer back until there is something to say, and a socket that is silent for longer than its limit is given up.
const LONGEST_SILENCE = 1_000;

/**
 * Events in the order of their commits, from the change stream of `events`. In the server's own commands: of a batch the driver gives
 * one change after another, and not which of them came together.
 */
export class MongoEventFeed implements EventFeed {
  readonly #database: mongo.Db;
  readonly #events: mongo.Collection<EventDocument>;

  constructor(
    private readonly connection: Connection,
    private readonly timeout: number,
  ) {
    this.#database = databaseOf(connection);
    this.#events = this.#database.collection<EventDocument>('events');
  }

  async *follow(token: string, signal: AbortSignal): AsyncIterable<EventGroup> {
    const session = await this.connection.startSession();
    let cursor = 0n;
    try {
      cursor = (await this.#openBehind(token, session)).id;
      while (!signal.aborted) {
        const batch = await this.#next(cursor, session, signal);
        cursor = batch.id;
        const group = groupOf(batch);
        if (group.events.length > 0) yield group;
        if (cursor === 0n) throw endOf(batch);
      }
    } catch (error) {
      if (!signal.aborted) throw isHistoryLost(error) ? lost(error) : translate(error);
    } finally {
      void this.#close(cursor, session);
    }
  }

  async recover(): ReturnType<EventFeed['recover']> {
    const session = await this.connection.startSession();
    // What is committed before this moment is seen by every read of the session, and all that comes later by the stream.
    await reading(() => this.#database.command({ ping: 1 }, { session }));
    const moment = session.operationTime;
    if (!moment) throw new StorageUnavailable('the store does not say what time it is');
    const stream = await reading(() => this.#open({ startAtOperationTime: moment }, session));
    await this.#kill(stream.id, session);
    return { token: stream.postBatchResumeToken._data, history: historyOf(this.#events, session) };
  }

  async eventsAt(places: readonly EventPlace[]): Promise<readonly PlacedEvent[]> {
    return places.length === 0 ? [] : reading(() => placedAt(this.#events, places));
  }

  async asRecorded(eventIds: readonly string[]): Promise<readonly EventAsRecorded[]> {
    const documents = await reading(() => this.#events.find({ _id: { $in: [...eventIds] } }).toArray());
    const byId = new Map(documents.map((document) => [document._id, document]));
    const inOrder = eventIds.map((eventId) => byId.get(eventId)).filter((document) => document !== undefined);
    return eventsAmong(inOrder);
  }

  firstUnsealed(): Promise<EventAsRecorded | undefined> {
    return reading(() => firstUnsealedIn(this.#database));
  }

  async #openBehind(token: string, session: ClientSession): Promise<Batch> {
    try {
      return await this.#open({ startAfter: { _data: token } }, session);
    } catch (error) {
      const meaning = translate(error);
      // What is not the store's present state is the token's: too old, of another history, or no token at all.
      if (!(meaning instanceof mongo.MongoServerError)) throw meaning;
      throw lost(meaning);
    }
  }

  async #open(beginning: Beginning, session: ClientSession): Promise<Batch> {
    const pipeline = [
      { $changeStream: beginning },
      { $match: { operationType: { $in: ['insert', 'invalidate'] } } },
      { $project: { operationType: 1, fullDocument: 1 } },
    ];
    return this.#run({ aggregate: 'events', pipeline, cursor: { batchSize: 0 } }, session);
  }

  #next(id: bigint, session: ClientSession, signal: AbortSignal): Promise<Batch> {
    const maxTimeMS = Math.min(LONGEST_SILENCE, this.timeout / 2);
    return this.#run({ getMore: id, collection: 'events', batchSize: LARGEST_GROUP, maxTimeMS }, session, signal);
  }

  async #run(command: mongo.Document, session: ClientSession, signal?: AbortSignal): Promise<Batch> {
    const isFirst = 'aggregate' in command;
    const concern = isFirst ? { readConcern: { level: 'majority' } } : {};
    const options = { session, useBigInt64: true, ...(signal && { signal }) };
    const { cursor } = await this.#database.command({ ...command, ...concern }, options);
    return cursor as Batch;
  }

  async #close(cursor: bigint, session: ClientSession): Promise<void> {
    await this.#kill(cursor, session);
    await session.endSession().catch(() => undefined);
  }

  /** The server forgets it by itself where it does not hear of this. */
  async #kill(cursor: bigint, session: ClientSession): Promise<void> {
    if (cursor === 0n) return;
    await this.#database.command({ killCursors: 'events', cursors: [cursor] }, { session }).catch(() => undefined);
  }
}

/** The collection itself is gone, or was put in place of another: the last change says so, and has a token behind that. */
const endOf = ({ nextBatch }: Batch): Error => {
  const end = nextBatch.find(({ operationType }) => operationType === 'invalidate');
  return end ? new FeedCut(end._id._data) : new StorageUnavailable('the change stream of events has ended');
};

const groupOf = ({ nextBatch, postBatchResumeToken }: Batch): EventGroup => ({
  events: eventsAmong(nextBatch.flatMap(({ fullDocument }) => fullDocument ?? [])),
  token: postBatchResumeToken._data,
});
