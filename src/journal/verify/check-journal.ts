import type { Tell } from '../../application/ports/finding.ts';
import type { Block, JournalStore } from '../../application/ports/journal-store.ts';
import type { Storage } from '../../application/ports/storage.ts';
import type { SealedVersions } from '../../application/ports/sealed-versions.ts';
import { instant } from '../../domain/time/instant.ts';
import { hashesFrom } from '../journal-tree.ts';
import { emptyRange } from '../merkle/compact-range.ts';
import { type Chain, checkBlock, type Witness } from './check-block.ts';
import { EventCheck } from './check-events.ts';
import { TileCheck } from './tile-check.ts';

const EVENTS_AT_ONCE = 1_000;

/** How far the journal was when it was checked. */
export type JournalSeen = {
  readonly blocks: number;
  readonly events: number;
  readonly checkpoint: string | undefined;
  readonly sealed: SealedVersions;
};

/** The blocks in groups of about so many events, so that many small ones cost no more reads than few large ones. */
async function* groupsIn(journal: JournalStore): AsyncGenerator<readonly Block[]> {
  let group: Block[] = [];
  let events = 0;
  for await (const block of journal.from(1)) {
    group.push(block);
    events += block.eventIds.length;
    if (events < EVENTS_AT_ONCE) continue;
    yield group;
    [group, events] = [[], 0];
  }
  if (group.length > 0) yield group;
}

const checkEnd = async (journal: JournalStore, tiles: TileCheck, { since }: Witness, tell: Tell): Promise<void> => {
  const size = (await journal.head())?.treeSize ?? 0;
  await tiles.finish();
  if (!since || since.size <= size) return;
  const problem = 'ends before the checkpoint that was kept: what had been sealed was cut off';
  tell({
    collection: 'journal',
    at: { position: size },
    problem,
    expected: `${since.size} events`,
    found: `${size} events`,
  });
};

/** Of blocks that come behind the walk, the sealer has made some meanwhile. */
const checkStrays = async (journal: JournalStore, last: number, walked: number, tell: Tell): Promise<void> => {
  const found = await journal.countUpTo(last);
  if (found === walked) return;
  const words = { expected: `${walked} blocks up to number ${last}`, found: `${found} blocks` };
  tell({ collection: 'journal', at: {}, problem: 'has blocks outside of its numbered chain', ...words });
};

/**
 * Computes the whole journal anew from its leaf hashes, block by block, and holds every sealed event against its leaf. Memory
 * grows with the number of streams, and not with that of events. Calls back with the number of events done.
 */
export const checkJournal = async (
  { feed, journal }: Pick<Storage, 'feed' | 'journal'>,
  witness: Witness,
  tell: Tell,
  onProgress: (events: number) => void,
): Promise<JournalSeen> => {
  const tiles = new TileCheck(journal, tell);
  const events = new EventCheck(feed, tell);
  let chain: Chain = { number: 0, size: 0, tree: emptyRange, sealedAt: instant(0) };
  let seen: Omit<JournalSeen, 'sealed'> = { blocks: 0, events: 0, checkpoint: undefined };
  let isWhole = true;
  for await (const group of groupsIn(journal)) {
    for (const block of group) {
      isWhole &&= block.firstPosition === chain.size + 1;
      chain = checkBlock(chain, block, witness, tell);
      // Behind a hole nobody knows which leaves a tile has.
      if (isWhole) await tiles.add(hashesFrom(block.leafHashes));
      seen = { blocks: seen.blocks + 1, events: seen.events + block.eventIds.length, checkpoint: block.checkpoint };
    }
    await events.add(group);
    onProgress(group.reduce((sum, { eventIds }) => sum + eventIds.length, 0));
  }
  await checkStrays(journal, chain.number, seen.blocks, tell);
  await checkEnd(journal, tiles, witness, tell);
  // Whoever removes the last block, and its events with it, leaves what looks like that.
  if (witness.due) await new EventCheck(feed, tell).add([witness.due]);
  return { ...seen, sealed: events.sealed };
};
