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
import { connectBeside, databaseOf } from './connection.ts';
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

const meaningOf = (error: unknown): unknown => (isHistoryLost(error) ? lost(error) : translate(error));

// The server holds an answer back until there is something to say, and a socket that is silent for longer than its limit is given up.
const LONGEST_SILENCE = 1_000;

// What has nothing to do with events makes the server say nothing either, until it is through with all of it.
const LONGEST_PATIENCE = 3_600_000;

/** Where commands are sent, and in which session. */
type Line = { readonly database: mongo.Db; readonly session: ClientSession };

/**
 * Events in the order of their commits, from the change stream of `events`. In the server's own commands: of a batch the driver gives
 * one change after another, and not which of them came together.
 */
export class MongoEventFeed implements EventFeed {
  readonly #database: mongo.Db;
  readonly #events: mongo.Collection<EventDocument>;
  #patience: number;

  constructor(
    private readonly connection: Connection,
    private readonly timeout: number,
  ) {
    this.#database = databaseOf(connection);
    this.#events = this.#database.collection<EventDocument>('events');
    this.#patience = timeout;
  }

  async *follow(token: string, signal: AbortSignal): AsyncIterable<EventGroup> {
    for (let from = token; !signal.aborted;) {
      for await (const group of this.#groups(from, signal)) {
        from = group.token;
        if (group.events.length > 0) yield group;
      }
    }
  }

  /** Also empty ones. With more patience than usual only the first: what took so long is behind it, and a connection that is lost shall be noticed soon. */
  async *#groups(token: string, signal: AbortSignal): AsyncGenerator<EventGroup> {
    const patience = this.#patience;
    let line: Line | undefined;
    let cursor = 0n;
    try {
      line = await lineBeside(this.connection, patience);
      cursor = (await openBehind(token, line)).id;
      do {
        const batch = await this.#next(cursor, line, signal);
        cursor = batch.id;
        yield groupOf(batch);
        if (cursor === 0n) throw endOf(batch);
      } while (patience === this.timeout && !signal.aborted);
    } catch (error) {
      if (!signal.aborted) throw meaningOf(error);
    } finally {
      if (line) void close(signal.aborted ? 0n : cursor, line);
    }
  }

  async recover(): ReturnType<EventFeed['recover']> {
    const session = await this.connection.startSession();
    // What is committed before this moment is seen by every read of the session, and all that comes later by the stream.
    await reading(() => this.#database.command({ ping: 1 }, { session }));
    const moment = session.operationTime;
    if (!moment) throw new StorageUnavailable('the store does not say what time it is');
    const line = { database: this.#database, session };
    const stream = await reading(() => open({ startAtOperationTime: moment }, line));
    await kill(stream.id, line);
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

  /** Where much lies between the token and the next event, an answer takes its time: whoever gave up on one waits twice as long for the next. */
  async #next(id: bigint, line: Line, signal: AbortSignal): Promise<Batch> {
    const maxTimeMS = Math.min(LONGEST_SILENCE, this.timeout / 2);
    const command = { getMore: id, collection: 'events', batchSize: LARGEST_GROUP, maxTimeMS };
    try {
      const batch = await run(command, line, signal);
      this.#patience = this.timeout;
      return batch;
    } catch (error) {
      const wasSilent = error instanceof mongo.MongoNetworkTimeoutError;
      if (wasSilent) this.#patience = Math.min(this.#patience * 2, LONGEST_PATIENCE);
      throw error;
    }
  }
}

const lineBeside = async (connection: Connection, silence: number): Promise<Line> => {
  try {
    const database = await connectBeside(connection, silence);
    return { database, session: database.client.startSession() };
  } catch (cause) {
    // The same settings have connected before: a name that is not found, or a password that was changed, may be right again later.
    throw new StorageUnavailable(`the events cannot be followed: ${(cause as Error).message}`, { cause });
  }
};

const run = async (command: mongo.Document, { database, session }: Line, signal?: AbortSignal): Promise<Batch> => {
  const { cursor } = await database.command(command, { session, useBigInt64: true, ...(signal && { signal }) });
  return cursor as Batch;
};

const open = (beginning: Beginning, line: Line): Promise<Batch> => {
  const pipeline = [
    { $changeStream: beginning },
    { $match: { operationType: { $in: ['insert', 'invalidate'] } } },
    { $project: { operationType: 1, fullDocument: 1 } },
  ];
  const readConcern = { level: 'majority' };
  return run({ aggregate: 'events', pipeline, cursor: { batchSize: 0 }, readConcern }, line);
};

const openBehind = async (token: string, line: Line): Promise<Batch> => {
  try {
    return await open({ startAfter: { _data: token } }, line);
  } catch (error) {
    const meaning = translate(error);
    // What is not the store's present state is the token's: too old, of another history, or no token at all.
    if (!(meaning instanceof mongo.MongoServerError)) throw meaning;
    throw lost(meaning);
  }
};

/** The server forgets it by itself where it does not hear of this. */
const kill = async (cursor: bigint, { database, session }: Line): Promise<void> => {
  if (cursor === 0n) return;
  await database.command({ killCursors: 'events', cursors: [cursor] }, { session }).catch(() => undefined);
};

const close = async (cursor: bigint, line: Line): Promise<void> => {
  await kill(cursor, line);
  await line.session.endSession().catch(() => undefined);
  await line.database.client.close().catch(() => undefined);
};

/** The collection itself is gone, or was put in place of another: the last change says so, and has a token behind that. */
const endOf = ({ nextBatch }: Batch): Error => {
  const end = nextBatch.find(({ operationType }) => operationType === 'invalidate');
  return end ? new FeedCut(end._id._data) : new StorageUnavailable('the change stream of events has ended');
};

const groupOf = ({ nextBatch, postBatchResumeToken }: Batch): EventGroup => ({
  events: eventsAmong(nextBatch.flatMap(({ fullDocument }) => fullDocument ?? [])),
  token: postBatchResumeToken._data,
});
