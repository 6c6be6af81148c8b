import type { Clock } from '../application/ports/clock.ts';
import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import type { Block, BlockHead } from '../application/ports/journal-store.ts';
import type { Storage } from '../application/ports/storage.ts';
import { DomainError } from '../domain/domain-error.ts';
import { canonicalEvent } from './canonical-event.ts';
import { hashesFrom, journalTree } from './journal-tree.ts';
import type { Hash } from './merkle/hash.ts';
import { consistencyProof, type Growth, inclusionProof } from './merkle/proofs.ts';
import { nodesOf } from './merkle/tiles.ts';
import { NotSealedYet } from './not-proved-now.ts';
import type { SealProof } from './proof-document.ts';
import { proveStream } from './prove-stream.ts';

type Stores = Pick<Storage, 'events' | 'feed' | 'journal'>;

type SealedPlace = { readonly eventId: string; readonly position: number; readonly leafHash: Hash };

/** An event in its place. */
export type JournalEntry = Omit<SealedPlace, 'eventId'> & { readonly event: EventAsRecorded };

const placesIn = ({ eventIds, firstPosition, leafHashes }: Block): readonly SealedPlace[] => {
  const leaves = hashesFrom(leafHashes);
  return leaves.map((leafHash, index) => ({
    eventId: eventIds[index] ?? '',
    position: firstPosition + index,
    leafHash,
  }));
};

/** The entries behind this position, without a hole, and the position of the last one there is. Rejects where an event that was sealed is gone. */
const entriesBehind =
  ({ feed, journal }: Stores) =>
  async (after: number, limit: number): Promise<{ entries: readonly JournalEntry[]; lastPosition: number }> => {
    const lastPosition = (await journal.head())?.treeSize ?? 0;
    const last = Math.min(after + limit, lastPosition);
    const page: SealedPlace[] = [];
    if (last <= after) return { entries: [], lastPosition };
    for await (const block of journal.from(after + 1)) {
      page.push(...placesIn(block).filter(({ position }) => position > after && position <= last));
      if (block.treeSize >= last) break;
    }
    const events = await feed.asRecorded(page.map(({ eventId }) => eventId));
    const byId = new Map(events.map((event) => [event.eventId, event]));
    const entries = page.map(({ eventId, ...place }) => {
      const event = byId.get(eventId);
      // Whoever keeps a position behind a hole would never hear of it.
      if (!event) throw new Error(`${eventId} is not there, which was sealed at position ${place.position}`);
      return { ...place, event };
    });
    return { entries, lastPosition };
  };

/** Rejects with NotSealedYet where the journal is empty. */
const lastBlock =
  ({ journal }: Stores) =>
  async (): Promise<BlockHead> => {
    const head = await journal.head();
    if (!head) throw new NotSealedYet('the journal is empty');
    return head;
  };

/** That an event is sealed, against the latest checkpoint. Rejects with EVENT_NOT_FOUND, NotSealedYet. */
const proveInclusion =
  (stores: Stores) =>
  async (eventId: string): Promise<SealProof> => {
    const [event] = await stores.feed.asRecorded([eventId]);
    if (!event) throw new DomainError('EVENT_NOT_FOUND', { eventId });
    const position = (await stores.journal.positionsOf([eventId])).get(eventId);
    if (position === undefined) throw new NotSealedYet(`${eventId} is not sealed yet`);
    // Read behind the position, so that it is never from before it.
    const { treeSize, checkpoint } = await lastBlock(stores)();
    const tree = await journalTree(stores.journal, treeSize);
    const proof = await inclusionProof({ index: position - 1, size: treeSize }, nodesOf(tree));
    return { event: canonicalEvent(event), position, proof, checkpoint };
  };

/** The checkpoint that was signed when the journal had this size; undefined where none was: the size lies within a block. */
const checkpointAt = async ({ journal }: Stores, size: number): Promise<string | undefined> => {
  for await (const { treeSize, checkpoint } of journal.from(size)) return treeSize === size ? checkpoint : undefined;
  return undefined;
};

/** With the checkpoints of both sizes, where they were signed. */
export type ProvenGrowth = Growth & {
  readonly proof: readonly Hash[];
  readonly earlier: string | undefined;
  readonly later: string | undefined;
};

/** That the journal of the first size only grew into that of the second, by default the latest. Rejects with NotSealedYet. */
const proveConsistency =
  (stores: Stores) =>
  async (first: number, second?: number): Promise<ProvenGrowth> => {
    const { treeSize } = await lastBlock(stores)();
    const growth = { first, second: second ?? treeSize };
    if (growth.second > treeSize || first > treeSize) throw new NotSealedYet(`only ${treeSize} events are sealed yet`);
    const tree = await journalTree(stores.journal, growth.second);
    const [proof, earlier, later] = await Promise.all([
      consistencyProof(growth, nodesOf(tree)),
      first === 0 ? undefined : checkpointAt(stores, first),
      checkpointAt(stores, growth.second),
    ]);
    return { ...growth, proof, earlier, later };
  };

/** How far the journal is, and for how many milliseconds the first event has waited that is not in it; 0 where none waits. */
const standing =
  ({ feed, journal }: Stores, clock: Clock) =>
  async (): Promise<{ readonly position: number; readonly lagMs: number }> => {
    const unsealed = await feed.firstUnsealed();
    const position = (await journal.head())?.treeSize ?? 0;
    return { position, lagMs: unsealed ? Math.max(0, clock.now() - unsealed.recordedAt) : 0 };
  };

/** Everything that can be asked of the journal. What is not durable is never told. */
export const journalQueriesOver = (stores: Stores, clock: Clock) => ({
  entriesBehind: entriesBehind(stores),
  lastBlock: lastBlock(stores),
  proveInclusion: proveInclusion(stores),
  proveConsistency: proveConsistency(stores),
  proveStream: proveStream(stores),
  standing: standing(stores, clock),
});

export type JournalQueries = ReturnType<typeof journalQueriesOver>;
