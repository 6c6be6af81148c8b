import { setTimeout as sleep } from 'node:timers/promises';
import type { Block, BlockHead } from '../application/ports/journal-store.ts';
import type { Storage } from '../application/ports/storage.ts';

type Stores = Pick<Storage, 'events' | 'feed' | 'journal'>;

export type Patience = {
  /** Milliseconds since 1970. */
  /** By `performance.now()`. */
  readonly until: number;
  /** Hears how many events are recorded and not sealed, once, where there are any. */
  readonly onWaiting: (events: number) => void;
};

const PAUSE = 100;

/** How many events are recorded. */
export const countEvents = async ({ events }: Pick<Storage, 'events'>): Promise<number> => {
  let count = 0;
  for await (const { version } of events.heads()) count += version;
  return count;
};

/** Whether everything that is recorded is in the journal, and this is its last block. */
const isAll = async (stores: Stores, head: BlockHead): Promise<boolean> =>
  (await stores.feed.firstUnsealed()) === undefined &&
  // That asks for young events only, and those of one commit need not be of one age.
  (await countEvents(stores)) <= head.treeSize &&
  (await stores.journal.head())?.number === head.number;

const blockAt = async ({ journal }: Stores, position: number): Promise<Block | undefined> => {
  for await (const block of journal.from(position)) return block;
  return undefined;
};

const requestOf = async ({ feed }: Stores, eventId: string | undefined): Promise<unknown> => {
  const [event] = await feed.asRecorded(eventId === undefined ? [] : [eventId]);
  return event?.metadata.correlationId;
};

/**
 * The last block, at or before this one, behind which another request begins: a block may end between the two halves of a transfer, or
 * within a batch that is all or nothing.
 */
const lastWhole = async (stores: Stores, head: BlockHead): Promise<BlockHead | undefined> => {
  let later = await blockAt(stores, head.treeSize + 1);
  let block = await blockAt(stores, head.treeSize);
  while (block) {
    const [own, next] = [block.eventIds.at(-1), later?.eventIds[0]];
    // A recovery does not seal in the order of the commits: what stands on either side of it may be of one.
    const isInOrder = block.resumeToken !== undefined && later?.resumeToken !== undefined;
    if (isInOrder && (await requestOf(stores, own)) !== (await requestOf(stores, next))) return block;
    later = block;
    block = block.firstPosition > 1 ? await blockAt(stores, block.firstPosition - 1) : undefined;
  }
  return undefined;
};

/** Whether the journal has what was recorded before this moment, as far as can be seen; gives the number of its last block then. */
const hasCome = async ({ feed, journal }: Stores, moment: number): Promise<number | undefined> => {
  const unsealed = await feed.firstUnsealed();
  if (unsealed && unsealed.recordedAt < moment) return undefined;
  return (await journal.head())?.number;
};

const isBehind = (head: BlockHead | undefined, block: number | undefined): boolean =>
  head !== undefined && block !== undefined && head.number > block;

const waitForCut = async (stores: Stores, asked: number, until: number): Promise<BlockHead | undefined> => {
  let enough: number | undefined;
  for (;;) {
    const head = await stores.journal.head();
    if (head && (await isAll(stores, head))) return head;
    enough ??= await hasCome(stores, asked);
    // With a block more it can be seen whether that one ends between two requests.
    if (isBehind(head, enough) || performance.now() >= until) return head && lastWhole(stores, head);
    await sleep(PAUSE);
  }
};

/**
 * Where an export ends: at a block behind which no request is cut in two, and which has, if the sealer comes so far in time, everything
 * that was recorded before it was asked. Undefined where there is no such block.
 */
export const findCut = async (stores: Stores, { until, onWaiting }: Patience): Promise<BlockHead | undefined> => {
  const asked = Date.now();
  const head = await stores.journal.head();
  if (head && (await isAll(stores, head))) return head;
  const waiting = (await countEvents(stores)) - (head?.treeSize ?? 0);
  if (waiting > 0) onWaiting(waiting);
  return waitForCut(stores, asked, until);
};
