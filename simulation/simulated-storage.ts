import type { EventFeed, EventGroup } from '../src/application/ports/event-feed.ts';
import type { EventStore, SnapshotStore } from '../src/application/ports/event-store.ts';
import type { JournalStore } from '../src/application/ports/journal-store.ts';
import { OutcomeUnknown } from '../src/application/ports/storage-errors.ts';
import type { ReadModels, ShadowModels, Storage } from '../src/application/ports/storage.ts';
import type { Row, Table, TableName } from '../src/application/ports/table.ts';
import type { Transactionally } from '../src/application/ports/unit-of-work.ts';
import type { CallKind } from './fates.ts';
import { BeginAgain, type StorageLine } from './storage-line.ts';

/** What an iteration gives, each step of it a call of its own. */
async function* stepByStep<T>(
  line: StorageLine,
  kind: CallKind,
  what: string,
  steps: AsyncIterable<T>,
): AsyncGenerator<T> {
  const iterator = steps[Symbol.asyncIterator]();
  for (;;) {
    const next = await line.call(kind, what, () => iterator.next());
    if (next.done) return;
    yield next.value;
  }
}

const eventsOver = (line: StorageLine, events: EventStore): EventStore => {
  const read = <T>(what: string, act: () => Promise<T>): Promise<T> => line.call('read', `events.${what}`, act);
  return {
    append: (work, batch) => line.call('statement', 'events.append', () => events.append(work, batch)),
    get: (eventId) => read('get', () => events.get(eventId)),
    read: (streamId, range) => read('read', () => events.read(streamId, range)),
    tails: (streamIds, foldVersion) => read('tails', () => events.tails(streamIds, foldVersion)),
    reversedTotals: (eventIds) => read('reversedTotals', () => events.reversedTotals(eventIds)),
    reversalsOf: (eventIds) => read('reversalsOf', () => events.reversalsOf(eventIds)),
    heads: () => stepByStep(line, 'read', 'events.heads', events.heads()),
    streamsBehind: (streamId, limit) => read('streamsBehind', () => events.streamsBehind(streamId, limit)),
    movements: (moment) => read('movements', () => events.movements(moment)),
  };
};

const snapshotsOver = (line: StorageLine, snapshots: SnapshotStore): SnapshotStore => ({
  nearest: (streamId, limit) => line.call('read', 'snapshots.nearest', () => snapshots.nearest(streamId, limit)),
  between: (streamId, after, upTo) =>
    line.call('read', 'snapshots.between', () => snapshots.between(streamId, after, upTo)),
  placesBehind: (streamId, limit) =>
    line.call('read', 'snapshots.placesBehind', () => snapshots.placesBehind(streamId, limit)),
  put: (batch) => line.call('write', 'snapshots.put', () => snapshots.put(batch)),
});

async function* followOver(
  line: StorageLine,
  feed: EventFeed,
  token: string,
  signal: AbortSignal,
): AsyncGenerator<EventGroup> {
  // A token is found to be lost when it is first used.
  await line.call('follow', 'feed.open', () => Promise.resolve());
  yield* stepByStep(line, 'read', 'feed.follow', feed.follow(token, signal));
}

const feedOver = (line: StorageLine, feed: EventFeed): EventFeed => {
  const read = <T>(what: string, act: () => Promise<T>): Promise<T> => line.call('read', `feed.${what}`, act);
  return {
    follow: (token, signal) => followOver(line, feed, token, signal),
    recover: async () => {
      const { token, history } = await read('recover', () => feed.recover());
      return { token, history: stepByStep(line, 'read', 'feed.history', history) };
    },
    eventsAt: (places) => read('eventsAt', () => feed.eventsAt(places)),
    asRecorded: (eventIds) => read('asRecorded', () => feed.asRecorded(eventIds)),
    firstUnsealed: () => read('firstUnsealed', () => feed.firstUnsealed()),
  };
};

const journalOver = (line: StorageLine, journal: JournalStore): JournalStore => {
  const read = <T>(what: string, act: () => Promise<T>): Promise<T> => line.call('read', `journal.${what}`, act);
  return {
    insert: (block) => line.call('write', 'journal.insert', () => journal.insert(block)),
    head: () => read('head', () => journal.head()),
    tokenBehind: (head) => read('tokenBehind', () => journal.tokenBehind(head)),
    from: (position) => stepByStep(line, 'read', 'journal.from', journal.from(position)),
    hasRecoveredWithin: (blocks) => read('hasRecoveredWithin', () => journal.hasRecoveredWithin(blocks)),
    countUpTo: (number) => read('countUpTo', () => journal.countUpTo(number)),
    positionsOf: (eventIds) => read('positionsOf', () => journal.positionsOf(eventIds)),
    tile: (place) => read('tile', () => journal.tile(place)),
    tileRoots: (level, start, end) => read('tileRoots', () => journal.tileRoots(level, start, end)),
    tilesBeyond: (extents) => read('tilesBeyond', () => journal.tilesBeyond(extents)),
    putTiles: (tiles) => line.call('write', 'journal.putTiles', () => journal.putTiles(tiles)),
  };
};

const tableOver = <R extends Row>(line: StorageLine, name: string, table: Table<R>): Table<R> => {
  const read = <T>(what: string, act: () => Promise<T>): Promise<T> => line.call('read', `${name}.${what}`, act);
  return {
    get: (id) => read('get', () => table.get(id)),
    getMany: (ids) => read('getMany', () => table.getMany(ids)),
    range: (query) => read('range', () => table.range(query)),
    stored: (query) => read('stored', () => table.stored(query)),
    sum: (field, query) => read('sum', () => table.sum(field, query)),
    write: (work, writes) => line.call('statement', `${name}.write`, () => table.write(work, writes)),
  };
};

const modelsOver = (line: StorageLine, models: ReadModels): ReadModels => ({
  table: <R extends Row>(name: TableName<R>) => tableOver<R>(line, name.name, models.table(name)),
});

const shadowOver = (line: StorageLine, shadow: ShadowModels): ShadowModels => ({
  ...modelsOver(line, shadow),
  drop: () => shadow.drop(),
});

const COMMIT = 'commit';

const unknown = (): Error => new OutcomeUnknown('simulated: the store stopped answering while it committed');

/** The body runs in the process; that it commits is a call, and nothing is in the store before that has arrived. */
const transactionsOver = (line: StorageLine, transactionally: Transactionally): Transactionally => {
  const run: Transactionally = async <T>(body: Parameters<typeof transactionally<T>>[0]): Promise<T> => {
    await line.call('read', 'begin', () => Promise.resolve());
    return new Promise<T>((resolve, reject) => {
      let settle = { resolve, reject };
      const committed = transactionally(async (work) => {
        const result = await body(work);
        const fate = line.fateOf('commit', COMMIT);
        if (!fate) return new Promise<T>(() => undefined);
        settle = line.answer(COMMIT, fate, settle, unknown);
        await line.arrival(COMMIT, fate);
        return result;
      });
      committed.then(
        (result) => settle.resolve(result),
        (error: unknown) => settle.reject(error),
      );
    });
  };
  return async (body) => {
    for (;;) {
      try {
        return await run(body);
      } catch (error) {
        if (!(error instanceof BeginAgain)) throw error;
      }
    }
  };
};

/** A storage as one process has it: behind a line on which every call takes its time, and may go wrong. */
export const simulatedStorage = (storage: Storage, line: StorageLine): Storage => ({
  ...modelsOver(line, storage),
  transactionally: transactionsOver(line, storage.transactionally),
  events: eventsOver(line, storage.events),
  snapshots: snapshotsOver(line, storage.snapshots),
  feed: feedOver(line, storage.feed),
  journal: journalOver(line, storage.journal),
  kind: storage.kind,
  openShadow: async (names, mark) => shadowOver(line, await storage.openShadow(names, mark)),
  findShadow: (names, mark) => shadowOver(line, storage.findShadow(names, mark)),
  shadowMarks: () => line.call('read', 'shadowMarks', () => storage.shadowMarks()),
  migrations: () => line.call('read', 'migrations', () => storage.migrations()),
  misshapen: (collections) => stepByStep(line, 'read', 'misshapen', storage.misshapen(collections)),
  missingGuards: (collections) => line.call('read', 'missingGuards', () => storage.missingGuards(collections)),
  mustBeCurrent: () => line.call('read', 'mustBeCurrent', () => storage.mustBeCurrent()),
  ping: () => line.call('read', 'ping', () => storage.ping()),
  close: () => storage.close(),
});
