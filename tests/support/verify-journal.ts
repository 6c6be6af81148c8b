import { hash } from 'node:crypto';
import type { EventAsRecorded } from '../../src/application/ports/event-as-recorded.ts';
import type { Block } from '../../src/application/ports/journal-store.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { canonicalEvent } from '../../src/journal/canonical-event.ts';
import { openCheckpoint } from '../../src/journal/checkpoint.ts';
import { readVerifierKey } from '../../src/journal/signed-note.ts';
import type { Faults } from './verify-ledger.ts';

const sha256 = (...parts: readonly Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer');

/** RFC 9162 §2.1.1, as it is written there. */
const rootOf = (leaves: readonly Uint8Array[]): Buffer => {
  const [only] = leaves;
  if (!only) return sha256();
  if (leaves.length === 1) return Buffer.from(only);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
};

const allBlocks = async (storage: Storage): Promise<readonly Block[]> => {
  const blocks: Block[] = [];
  for await (const block of storage.journal.from(1)) blocks.push(block);
  return blocks;
};

/** Every event that the ledger has, read stream by stream, as it was recorded. */
const allEvents = async (storage: Storage): Promise<ReadonlyMap<string, EventAsRecorded>> => {
  const ids: string[] = [];
  for await (const { streamId } of storage.events.heads()) {
    const events = await storage.events.read(streamId, { after: 0, limit: 1_000_000 });
    ids.push(...events.map(({ eventId }) => eventId));
  }
  const recorded = await storage.feed.asRecorded(ids);
  return new Map(recorded.map((event) => [event.eventId, event]));
};

const blockFaults = ({ number, firstPosition, treeSize, eventIds }: Block, place: number, size: number): Faults => [
  ...(number === place ? [] : [`block ${number} stands at place ${place}`]),
  ...(firstPosition === size + 1 ? [] : [`block ${number} begins at ${firstPosition}, not ${size + 1}`]),
  ...(treeSize === size + eventIds.length ? [] : [`block ${number} says ${treeSize} events`]),
  ...(eventIds.length <= 1_000 ? [] : [`block ${number} has ${eventIds.length} events`]),
];

const chainFaults = (blocks: readonly Block[]): Faults =>
  blocks.flatMap((block, index) => {
    const before = blocks[index - 1];
    const runsBackwards = before !== undefined && before.sealedAt > block.sealedAt;
    return [
      ...blockFaults(block, index + 1, before?.treeSize ?? 0),
      ...(runsBackwards ? [`time runs backwards at block ${block.number}`] : []),
    ];
  });

/** Versions of each stream from 1, without gaps, in the order of positions. */
const orderFaults = (events: readonly (EventAsRecorded | undefined)[]): Faults => {
  const versions = new Map<string, number>();
  return events.flatMap((event, index) => {
    if (!event) return [`position ${index + 1} is of no event that there is`];
    const { streamId, version } = event;
    const before = versions.get(streamId) ?? 0;
    versions.set(streamId, version);
    return version === before + 1 ? [] : [`${streamId}: version ${version} is sealed behind version ${before}`];
  });
};

const sealFaults = (blocks: readonly Block[], leaves: readonly Buffer[]): Faults =>
  blocks.flatMap(({ number, firstPosition, treeSize, leafHashes, rootHash, checkpoint, verifierKey }, index) => {
    const expected = Buffer.concat(leaves.slice(firstPosition - 1, treeSize));
    const signed = openCheckpoint(checkpoint, readVerifierKey(verifierKey));
    // A whole tree for each of thousands of blocks would take minutes.
    const isLookedAt = index % 50 === 0 || index === blocks.length - 1;
    return [
      ...(expected.equals(leafHashes) ? [] : [`block ${number} has other leaves than its events`]),
      ...(signed.size === treeSize && signed.root.equals(rootHash) ? [] : [`block ${number} has another checkpoint`]),
      ...(!isLookedAt || rootOf(leaves.slice(0, treeSize)).equals(rootHash)
        ? []
        : [`block ${number} has another root`]),
    ];
  });

const tileFaults = async (storage: Storage, leaves: readonly Buffer[]): Promise<Faults> => {
  const faults: string[] = [];
  for (let index = 0; (index + 1) * 256 <= leaves.length; index += 1) {
    const expected = leaves.slice(index * 256, (index + 1) * 256);
    const root = (await storage.journal.tileRoots(0, index, index + 1)).get(index);
    const isRight = root && rootOf(expected).equals(root);
    const hashes = await storage.journal.tile({ level: 0, index });
    if (!isRight || !hashes || !Buffer.concat(expected).equals(hashes))
      faults.push(`tile ${index} is missing or wrong`);
  }
  return faults;
};

/**
 * Holds the journal against the events, computing everything anew: every event is sealed once, at dense positions and in the order of its
 * stream, and leaves, roots, checkpoints and tiles are what follows from that. Empty for one that is sound.
 */
export const verifyJournal = async (storage: Storage): Promise<Faults> => {
  const blocks = await allBlocks(storage);
  const events = await allEvents(storage);
  const ids = blocks.flatMap(({ eventIds }) => eventIds);
  const inOrder = ids.map((eventId) => events.get(eventId));
  const leaves = inOrder.map((event) => sha256(Buffer.of(0), Buffer.from(event ? canonicalEvent(event) : '')));
  const sealed = new Set(ids);
  const missing = [...events.keys()].filter((eventId) => !sealed.has(eventId));
  return [
    ...chainFaults(blocks),
    ...(sealed.size === ids.length ? [] : [`${ids.length - sealed.size} events are sealed twice`]),
    ...missing.map((eventId) => `${eventId} is not sealed`),
    ...orderFaults(inOrder),
    ...sealFaults(blocks, leaves),
    ...(await tileFaults(storage, leaves)),
  ];
};
