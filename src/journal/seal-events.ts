import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import type { Block, BlockHead } from '../application/ports/journal-store.ts';
import { type Instant, latest } from '../domain/time/instant.ts';
import { leafOf } from './canonical-event.ts';
import { signCheckpoint } from './checkpoint.ts';
import { append, bytesOfRange, type CompactRange, emptyRange, rangeFromBytes, rootOf } from './merkle/compact-range.ts';
import type { Hash } from './merkle/hash.ts';
import { type NoteSigner, verifierKeyOf } from './signed-note.ts';

/** The journal's tree up to and including this block. */
export const treeOf = (head: BlockHead | undefined): CompactRange => (head ? rangeFromBytes(head.range) : emptyRange);

// What is hashed without a break: commands that have arrived meanwhile wait for less than a millisecond.
const AT_ONCE = 32;

/** The leaves of these events, found in many turns of the event loop. */
const leavesOf = async (events: readonly EventAsRecorded[]): Promise<readonly Hash[]> => {
  const leaves: Hash[] = [];
  for (let start = 0; start < events.length; start += AT_ONCE) {
    leaves.push(...events.slice(start, start + AT_ONCE).map(leafOf));
    await nextTurn();
  }
  return leaves;
};

export type Seal = { readonly signer: NoteSigner; readonly now: Instant; readonly resumeToken: string | undefined };

/** The block with these events behind the last one. Rejects where an event holds what has no canonical form. */
export const sealEvents = async (
  last: BlockHead | undefined,
  events: readonly EventAsRecorded[],
  { signer, now, resumeToken }: Seal,
): Promise<Block> => {
  const leaves = await leavesOf(events);
  const tree = leaves.reduce(append, treeOf(last));
  const root = rootOf(tree);
  return {
    number: (last?.number ?? 0) + 1,
    firstPosition: (last?.treeSize ?? 0) + 1,
    eventIds: events.map(({ eventId }) => eventId),
    leafHashes: Buffer.concat(leaves),
    treeSize: tree.size,
    rootHash: root,
    range: bytesOfRange(tree),
    ...(resumeToken !== undefined && { resumeToken }),
    // Clocks may run backwards, and the journal does not.
    sealedAt: last ? latest(now, last.sealedAt) : now,
    checkpoint: signCheckpoint({ size: tree.size, root }, signer),
    verifierKey: verifierKeyOf(signer),
  };
};
