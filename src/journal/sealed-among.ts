import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import type { JournalStore } from '../application/ports/journal-store.ts';
import { VersionConflict } from '../application/ports/storage-errors.ts';
import { leafOrError } from './canonical-event.ts';
import { JournalWentBack } from './go-on-from.ts';
import type { Hash } from './merkle/hash.ts';
import { multiProof, type PlacedLeaf, verifyMultiProof } from './merkle/multi-proof.ts';
import { nodesOf, type TiledTree } from './merkle/tiles.ts';

/** What was signed last: its tree, and the root of that. */
type Grown = { readonly tree: TiledTree; readonly root: Hash };

type Positions = ReadonlyMap<string, number>;

/** In the order of their places. One without a leaf was never sealed, and is left out. */
const leavesOf = (events: readonly EventAsRecorded[], positions: Positions): readonly PlacedLeaf[] =>
  events
    .flatMap((event) => {
      const [position, hash] = [positions.get(event.eventId), leafOrError(event)];
      return position === undefined || hash instanceof Error ? [] : [{ index: position - 1, hash }];
    })
    .sort((left, right) => left.index - right.index);

/** Whether each of the events stands at its position, as it is now: whoever can write to the database can write positions. */
const areProven = async (events: readonly EventAsRecorded[], positions: Positions, { tree, root }: Grown) => {
  const leaves = leavesOf(events, positions);
  if (leaves.length < positions.size) return false;
  const indexes = leaves.map(({ index }) => index);
  const proof = await multiProof(indexes, tree.size, nodesOf(tree));
  return verifyMultiProof(leaves, { size: tree.size, root }, proof);
};

/** Rejects with VersionConflict where another process has sealed up to there meanwhile. */
const mustBeOurs = async (last: number, journal: JournalStore): Promise<void> => {
  const head = await journal.head();
  if (head && last <= head.treeSize) throw new VersionConflict('another process has sealed meanwhile');
};

/**
 * The ids of those of these events that are sealed. Nobody's word is taken for it: an event that the sealer leaves out for one could be
 * removed unseen. Rejects with JournalWentBack where the journal says of an event that it is sealed, and it is not, or not as it is now; with
 * VersionConflict where another process has sealed one of them meanwhile.
 */
export const sealedAmong = async (
  events: readonly EventAsRecorded[],
  journal: JournalStore,
  grown: Grown,
): Promise<ReadonlySet<string>> => {
  const positions = await journal.positionsOf(events.map(({ eventId }) => eventId));
  const [eventId] = positions.keys();
  if (eventId === undefined) return new Set();
  const last = Math.max(...positions.values());
  if (last > grown.tree.size) await mustBeOurs(last, journal);
  else if (await areProven(events, positions, grown)) return new Set(positions.keys());
  throw new JournalWentBack(
    `Of ${positions.size} events, the first of them ${eventId}, the journal says that they are sealed: one of them is not, or is not as it was.`,
  );
};
