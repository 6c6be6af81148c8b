import { EventEmitter, once } from 'node:events';
import {
  type EventStore,
  LONGEST_TAIL,
  type RecordedReversal,
  type Snapshot,
  type SnapshotStore,
  type StreamTail,
} from '../../application/ports/event-store.ts';
import { VersionConflict } from '../../application/ports/storage-errors.ts';
import type { UnitOfWork } from '../../application/ports/unit-of-work.ts';
import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { StreamId } from '../../domain/account/account-id.ts';
import { upcast } from '../../domain/account/upcasters.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import type { MinorUnits } from '../../domain/money/money.ts';
import { stage } from './memory-transaction.ts';
import { movementsOf } from './movements.ts';

const lift = (event: RecordedEvent): RecordedEvent =>
  ({ ...event, ...upcast(event.type, event.schemaVersion, event.data) }) as RecordedEvent;

const placeOf = ({ streamId, version }: RecordedEvent): string => `${streamId}/${version}`;

/** Snapshots in memory, the latest of each stream last. */
class MemorySnapshotStore implements SnapshotStore {
  readonly #byStream = new Map<StreamId, Snapshot[]>();

  constructor(private readonly isInLog: (snapshot: Snapshot) => boolean) {}

  nearest(streamId: StreamId, limit: Parameters<SnapshotStore['nearest']>[1]): Promise<Snapshot | undefined> {
    const { foldVersion, version = Infinity, recordedAt = Infinity } = limit;
    const found = this.#byStream
      .get(streamId)
      ?.filter((it) => it.foldVersion === foldVersion && it.version <= version && it.recordedAt <= recordedAt)
      .findLast(this.isInLog);
    return Promise.resolve(found);
  }

  between(streamId: StreamId, after: number, upTo: number): Promise<readonly Snapshot[]> {
    const all = this.#byStream.get(streamId) ?? [];
    return Promise.resolve(all.filter(({ version }) => version > after && version <= upTo));
  }

  placesBehind(streamId: string, limit: number): ReturnType<SnapshotStore['placesBehind']> {
    const streams = [...this.#byStream.keys()].filter((id) => id > streamId).sort();
    const places = streams.flatMap((id) => this.#byStream.get(id) ?? []);
    return Promise.resolve(places.slice(0, limit).map(({ streamId, version }) => ({ streamId, version })));
  }

  put(snapshots: readonly Snapshot[]): Promise<void> {
    for (const snapshot of snapshots) {
      const others = (this.#byStream.get(snapshot.streamId) ?? []).filter(
        ({ version }) => version !== snapshot.version,
      );
      const all = [...others, snapshot].sort((left, right) => left.version - right.version);
      this.#byStream.set(snapshot.streamId, all);
    }
    return Promise.resolve();
  }
}

/** Streams in memory, with their snapshots. Like the real store it keeps what was written and lifts it on reading. */
export class MemoryEventStore implements EventStore {
  readonly snapshots: SnapshotStore = new MemorySnapshotStore(
    ({ streamId, version, recordedAt }) => this.#streams.get(streamId)?.[version - 1]?.recordedAt === recordedAt,
  );
  /** All events in the order of their commits. */
  readonly log: RecordedEvent[] = [];
  readonly #commits = new EventEmitter().setMaxListeners(0);
  readonly #streams = new Map<StreamId, RecordedEvent[]>();
  readonly #places = new Set<string>();
  readonly #byId = new Map<EventId, RecordedEvent>();
  readonly #reversedTotals = new Map<EventId, MinorUnits>();

  append(work: UnitOfWork, events: readonly RecordedEvent[]): Promise<void> {
    stage(work, {
      store: this,
      check: (taken) => this.#check(events, taken),
      apply: () => {
        for (const event of events) this.#apply(event);
        this.#commits.emit('commit');
      },
    });
    return Promise.resolve();
  }

  /** As it was written, whatever shape that was. */
  recorded(eventId: string): RecordedEvent | undefined {
    return this.#byId.get(eventId as EventId);
  }

  eventAt(streamId: string, version: number): RecordedEvent | undefined {
    return this.#streams.get(streamId as StreamId)?.[version - 1];
  }

  /** Resolves with the next commit, or when the signal is given. */
  async nextCommit(signal: AbortSignal): Promise<void> {
    await once(this.#commits, 'commit', { signal }).catch(() => undefined);
  }

  async get(eventId: EventId): Promise<RecordedEvent | undefined> {
    const event = await Promise.resolve(this.#byId.get(eventId));
    return event && lift(event);
  }

  async read(streamId: StreamId, range: Parameters<EventStore['read']>[1]): Promise<readonly RecordedEvent[]> {
    const { after, upTo = Infinity, limit } = range;
    const events = await Promise.resolve(this.#streams.get(streamId) ?? []);
    return events
      .filter(({ version }) => version > after && version <= upTo)
      .slice(0, limit)
      .map(lift);
  }

  async tails(streamIds: readonly StreamId[], foldVersion: number): Promise<ReadonlyMap<StreamId, StreamTail>> {
    const tails = new Map<StreamId, StreamTail>();
    for (const streamId of streamIds) {
      const snapshot = await this.snapshots.nearest(streamId, { foldVersion });
      const events = await this.read(streamId, { after: snapshot?.version ?? 0, limit: Infinity });
      if (events.length <= LONGEST_TAIL) tails.set(streamId, { events, ...(snapshot && { snapshot }) });
    }
    return tails;
  }

  reversedTotals(eventIds: readonly EventId[]): Promise<ReadonlyMap<EventId, MinorUnits>> {
    const totals = new Map<EventId, MinorUnits>();
    for (const eventId of eventIds) {
      const total = this.#reversedTotals.get(eventId);
      if (total !== undefined) totals.set(eventId, total);
    }
    return Promise.resolve(totals);
  }

  movements({ asOf, knownAt }: Parameters<EventStore['movements']>[0]): ReturnType<EventStore['movements']> {
    const counting = [...this.#byId.values()].filter(
      ({ recordedAt, effectiveAt }) => recordedAt <= knownAt && effectiveAt <= asOf,
    );
    return Promise.resolve(movementsOf(counting, (eventId) => this.#byId.get(eventId)));
  }

  reversalsOf(eventIds: readonly EventId[]): Promise<readonly RecordedReversal[]> {
    const wanted = new Set(eventIds);
    const reversals = [...this.#byId.values()].filter((event) => event.type === 'TransactionReversed');
    return Promise.resolve(
      reversals.filter(({ data }) => wanted.has(data.originalEventId)).map(lift) as RecordedReversal[],
    );
  }

  streamsBehind(streamId: string, limit: number): Promise<readonly StreamId[]> {
    const behind = [...this.#streams.keys()].filter((id) => id > streamId);
    return Promise.resolve(behind.sort().slice(0, limit));
  }

  async *heads(): ReturnType<EventStore['heads']> {
    for (const [streamId, events] of [...this.#streams])
      yield await Promise.resolve({ streamId, version: events.length });
  }

  #check(events: readonly RecordedEvent[], taken: Set<string>): void {
    for (const event of events) {
      const place = placeOf(event);
      const isTaken = taken.has(place) || taken.has(event.eventId);
      if (isTaken || this.#places.has(place) || this.#byId.has(event.eventId)) {
        throw new VersionConflict(`${place} is taken`);
      }
      taken.add(place).add(event.eventId);
    }
  }

  #apply(event: RecordedEvent): void {
    const stream = this.#streams.get(event.streamId);
    if (stream) stream.push(event);
    else this.#streams.set(event.streamId, [event]);
    this.#places.add(placeOf(event));
    this.#byId.set(event.eventId, event);
    this.log.push(event);
    if (event.type === 'TransactionReversed') {
      this.#reversedTotals.set(event.data.originalEventId, event.data.reversedTotal);
    }
  }
}
