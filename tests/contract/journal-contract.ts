import { describe, expect, it } from 'vitest';
import type { Block } from '../../src/application/ports/journal-store.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { newEventId, noon } from '../support/recorded-events.ts';
import type { Under } from './fixture.ts';

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

/** The next block of this journal, with these events. Nothing in it is proved by anything. */
export const blockOf = async (storage: Storage, eventIds: readonly string[]): Promise<Block> => {
  const head = await storage.journal.head();
  const before = head?.treeSize ?? 0;
  return {
    number: (head?.number ?? 0) + 1,
    firstPosition: before + 1,
    treeSize: before + eventIds.length,
    eventIds,
    leafHashes: bytes(32 * eventIds.length, 1),
    rootHash: bytes(32, 2),
    range: bytes(40, 3),
    resumeToken: 'token',
    sealedAt: instant(noon),
    checkpoint: 'note',
    verifierKey: 'key',
  };
};

const newIds = (count: number): readonly string[] => Array.from({ length: count }, newEventId);

const plain = (block: Block | undefined): unknown =>
  block && { ...block, leafHashes: [...block.leafHashes], rootHash: [...block.rootHash], range: [...block.range] };

const blocksFrom = async (storage: Storage, position: number): Promise<readonly Block[]> => {
  const blocks: Block[] = [];
  for await (const block of storage.journal.from(position)) blocks.push(block);
  return blocks;
};

const blocksContract = (under: Under): void => {
  it('gives a block back exactly as it was inserted, with and without a token', async () => {
    const { storage } = under();
    const { resumeToken: _token, ...withoutToken } = await blockOf(storage, newIds(3));
    await storage.journal.insert(withoutToken);
    const block = await blockOf(storage, newIds(2));
    await storage.journal.insert(block);
    const found = await blocksFrom(storage, withoutToken.firstPosition);
    expect(found.map(plain)).toStrictEqual([withoutToken, block].map(plain));
    const { firstPosition: _first, eventIds: _ids, leafHashes: _hashes, ...head } = block;
    const last = await storage.journal.head();
    expect(last && (await storage.journal.tokenBehind(last))).toBe(block.resumeToken);
    expect({ ...last, rootHash: [...(last?.rootHash ?? [])], range: [...(last?.range ?? [])] }).toStrictEqual({
      ...head,
      rootHash: [...head.rootHash],
      range: [...head.range],
    });
  });

  it('begins with the block that holds a position, and ends with the last', async () => {
    const { storage } = under();
    const blocks: Block[] = [];
    for (const count of [1, 5, 2]) {
      const block = await blockOf(storage, newIds(count));
      await storage.journal.insert(block);
      blocks.push(block);
    }
    const numbers = blocks.map(({ number }) => number);
    const start = blocks[0]?.firstPosition ?? 0;
    const numbersFrom = async (position: number): Promise<readonly number[]> =>
      (await blocksFrom(storage, position)).map(({ number }) => number);
    expect(await numbersFrom(start)).toEqual(numbers);
    for (const position of [start + 1, start + 3, start + 5])
      expect(await numbersFrom(position)).toEqual(numbers.slice(1));
    expect(await numbersFrom(start + 7)).toEqual(numbers.slice(2));
    expect(await numbersFrom(start + 8)).toEqual([]);
  });

  it('refuses a second block with the same number or position, and an event that is sealed', async () => {
    const { storage } = under();
    const block = await blockOf(storage, newIds(2));
    await storage.journal.insert(block);
    const next = await blockOf(storage, newIds(2));
    const [sealed = ''] = block.eventIds;
    const refused = [
      { ...block, eventIds: newIds(2) },
      { ...next, number: block.number },
      { ...next, firstPosition: block.firstPosition },
      { ...next, eventIds: [newEventId(), sealed] },
    ];
    for (const other of refused) {
      await expect(storage.journal.insert(other)).rejects.toMatchObject({ name: 'VersionConflict' });
    }
    expect((await storage.journal.head())?.number).toBe(block.number);
    await storage.journal.insert(next);
  });

  it('says whether one of the last blocks has no token', async () => {
    const { journal } = under().storage;
    const { resumeToken: _token, ...recovered } = await blockOf(under().storage, newIds(1));
    await journal.insert(recovered);
    expect(await journal.hasRecoveredWithin(1)).toBe(true);
    await journal.insert({ ...(await blockOf(under().storage, newIds(1))), resumeToken: 'token' });
    expect(await journal.hasRecoveredWithin(1)).toBe(false);
    expect(await journal.hasRecoveredWithin(2)).toBe(true);
  });

  it('counts the blocks up to a number', async () => {
    const { journal } = under().storage;
    const before = (await journal.head())?.number ?? 0;
    for (const count of [1, 2]) await journal.insert(await blockOf(under().storage, newIds(count)));
    expect(await journal.countUpTo(before + 1)).toBe((await journal.countUpTo(before)) + 1);
    expect(await journal.countUpTo(before + 9)).toBe((await journal.countUpTo(before)) + 2);
  });

  it('knows the positions of events, and leaves out those that are not sealed', async () => {
    const { storage } = under();
    const [first, second] = [newIds(3), newIds(2)];
    await storage.journal.insert(await blockOf(storage, first));
    const block = await blockOf(storage, second);
    await storage.journal.insert(block);
    const asked = [second[1] ?? '', newEventId(), first[0] ?? ''];
    const positions = await storage.journal.positionsOf(asked);
    expect([...positions].sort()).toEqual(
      [
        [second[1], block.firstPosition + 1],
        [first[0], block.firstPosition - 3],
      ].sort(),
    );
    expect((await storage.journal.positionsOf([])).size).toBe(0);
  });
};

const tilesContract = (under: Under): void => {
  it('keeps tiles, each as it came first', async () => {
    const { journal } = under().storage;
    const tile = (level: number, index: number, value: number) => {
      return { level, index, hashes: bytes(8_192, value), root: bytes(32, value) };
    };
    await journal.putTiles([]);
    await journal.putTiles([tile(0, 0, 1), tile(0, 255, 2), tile(0, 256, 3), tile(1, 0, 4)]);
    await journal.putTiles([tile(0, 256, 9), tile(0, 257, 5)]);
    expect([...((await journal.tile({ level: 0, index: 256 })) ?? [])]).toEqual([...bytes(8_192, 3)]);
    expect(await journal.tile({ level: 1, index: 1 })).toBeUndefined();
    const roots = await journal.tileRoots(0, 255, 258);
    expect([...roots].map(([index, root]) => [index, root[0]]).sort()).toEqual([
      [255, 2],
      [256, 3],
      [257, 5],
    ]);
    expect([...(await journal.tileRoots(1, 0, 256)).keys()]).toEqual([0]);
  });

  it('finds tiles that are not among the first ones of their levels', async () => {
    const { journal } = under().storage;
    const tile = (level: number, index: number) => ({ level, index, hashes: bytes(8_192, 1), root: bytes(32, 1) });
    await journal.putTiles([tile(0, 0), tile(0, 1), tile(1, 0), tile(3, 700)]);
    expect(await journal.tilesBeyond([1_000, 1_000, 0, 701])).toEqual([]);
    expect(await journal.tilesBeyond([1_000, 1_000, 0, 700])).toEqual([{ level: 3, index: 700 }]);
    expect(await journal.tilesBeyond([1_000, 1_000])).toEqual([{ level: 3, index: 700 }]);
    const places = await journal.tilesBeyond([1, 0, 0, 701]);
    expect(places).toContainEqual({ level: 0, index: 1 });
    expect(places).not.toContainEqual({ level: 0, index: 0 });
    expect(await journal.tilesBeyond([])).toContainEqual({ level: 0, index: 0 });
  });
};

/** The journal: blocks one behind another, none twice, and the tiles of their tree. */
export const journalContract = (under: Under): void => {
  describe('the journal', () => {
    blocksContract(under);
    tilesContract(under);
  });
};
