import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { StreamId } from '../../domain/account/account-id.ts';
import type { Movement } from '../../domain/chart/chart-of-accounts.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import type { MinorUnits } from '../../domain/money/money.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { UnitOfWork } from './unit-of-work.ts';

/** A folded account at some version, kept so that nobody has to read the events before it. */
export type Snapshot = {
  readonly streamId: StreamId;
  readonly version: number;
  readonly recordedAt: Instant;
  readonly foldVersion: number;
  /** The account, as canonical JSON. */
  readonly state: string;
  /** SHA-256 over what the snapshot claims; one that does not match is not used. */
  readonly stateHash: string;
};

/** A tail of more events than this is not read at once, but in pages. */
export const LONGEST_TAIL = 1_000;

/** What is needed to know an account as it is now: the nearest snapshot, if any, and every event behind it. */
export type StreamTail = { readonly snapshot?: Snapshot; readonly events: readonly RecordedEvent[] };

export type RecordedReversal = RecordedEvent & { readonly type: 'TransactionReversed' };

/** The append-only truth. Every read gives events in today's shape, in the order of their versions. */
export interface EventStore {
  /** Rejects with VersionConflict where a version of a stream is taken. */
  append(work: UnitOfWork, events: readonly RecordedEvent[]): Promise<void>;
  get(eventId: EventId): Promise<RecordedEvent | undefined>;
  /** Events of one stream behind version `after`, up to and including `upTo`. */
  read(
    streamId: StreamId,
    range: { readonly after: number; readonly upTo?: number; readonly limit: number },
  ): Promise<readonly RecordedEvent[]>;
  /**
   * Latest snapshot of this fold version, and the tail behind it, of each stream, in one read. Streams without events
   * have an empty tail; those whose tail is longer than `LONGEST_TAIL` are left out.
   */
  tails(streamIds: readonly StreamId[], foldVersion: number): Promise<ReadonlyMap<StreamId, StreamTail>>;
  /** How much of each of these events has been reversed; those never reversed are left out. */
  reversedTotals(eventIds: readonly EventId[]): Promise<ReadonlyMap<EventId, MinorUnits>>;
  /** Every reversal of these events, in no particular order. */
  reversalsOf(eventIds: readonly EventId[]): Promise<readonly RecordedReversal[]>;
  /** Every stream there is with the version of its last event, in no particular order. */
  heads(): AsyncIterable<{ readonly streamId: StreamId; readonly version: number }>;
  /** The streams behind this one that have a first event, in the order of their ids. */
  streamsBehind(streamId: string, limit: number): Promise<readonly StreamId[]>;
  /**
   * What all events that count by `asOf` and were recorded by `knownAt` moved, summed up by kind, outside party and currency, in no
   * particular order: one consistent read of all events.
   */
  movements(moment: { readonly asOf: Instant; readonly knownAt: Instant }): Promise<readonly Movement[]>;
}

export interface SnapshotStore {
  /** The latest one of this fold version, at or below this version, recorded at or before this moment. */
  nearest(
    streamId: StreamId,
    limit: { readonly foldVersion: number; readonly version?: number; readonly recordedAt?: Instant },
  ): Promise<Snapshot | undefined>;
  /** All of this stream behind version `after`, up to and including `upTo`, of whatever fold version, whether the log vouches for them or not. */
  between(streamId: StreamId, after: number, upTo: number): Promise<readonly Snapshot[]>;
  /** Where there are snapshots of streams behind this one: some of the first ones of each, in the order of their streams, and none where none is left. */
  placesBehind(streamId: string, limit: number): Promise<readonly Pick<Snapshot, 'streamId' | 'version'>[]>;
  /** Keeps these, in place of any that stand at the same version. */
  put(snapshots: readonly Snapshot[]): Promise<void>;
}
