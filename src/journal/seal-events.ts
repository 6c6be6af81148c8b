import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import type { Block, BlockHead } from '../application/ports/journal-store.ts';
import { type Instant, latest } from '../domain/time/instant.ts';
import { leafOrError } from './canonical-event.ts';
import { signCheckpoint } from './checkpoint.ts';
import { append, bytesOfRange, rootOf } from './merkle/compact-range.ts';
import type { Hash } from './merkle/hash.ts';
import { treeOf } from './go-on-from.ts';
import { type NoteSigner, verifierKeyOf } from './signed-note.ts';

// What is hashed without a break: commands that have arrived meanwhile wait for less than a millisecond.
const AT_ONCE = 32;

/** An event as it stands in the journal. */
export type Leaf = { readonly eventId: string; readonly hash: Hash };

type Refused = { readonly event: EventAsRecorded; readonly error: Error };

const leafIn = (event: EventAsRecorded): Leaf | Refused => {
  const hash = leafOrError(event);
  return hash instanceof Error ? { event, error: hash } : { eventId: event.eventId, hash };
};

/**
 * The leaves of these events, found in many turns of the event loop. Daybook records nothing that has no canonical form; what somebody
 * has put in past it and has none is told, and left out: it must not stand in the way of all others.
 */
export const leavesOf = async (
  events: readonly EventAsRecorded[],
  refuse: (refused: Refused) => void,
): Promise<readonly Leaf[]> => {
  const leaves: Leaf[] = [];
  for (let start = 0; start < events.length; start += AT_ONCE) {
    for (const leaf of events.slice(start, start + AT_ONCE).map(leafIn)) {
      if ('error' in leaf) refuse(leaf);
      else leaves.push(leaf);
    }
    await nextTurn();
  }
  return leaves;
};

export type Seal = { readonly signer: NoteSigner; readonly now: Instant; readonly resumeToken: string | undefined };

/** The block with these events behind the last one. */
export const sealLeaves = (
  last: BlockHead | undefined,
  leaves: readonly Leaf[],
  { signer, now, resumeToken }: Seal,
): Block => {
  const hashes = leaves.map(({ hash }) => hash);
  const tree = hashes.reduce(append, treeOf(last));
  const root = rootOf(tree);
  return {
    number: (last?.number ?? 0) + 1,
    firstPosition: (last?.treeSize ?? 0) + 1,
    eventIds: leaves.map(({ eventId }) => eventId),
    leafHashes: Buffer.concat(hashes),
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
