import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { append, bytesOfRange, emptyRange, rangeFromBytes, rootOf } from '../../../src/journal/merkle/compact-range.ts';
import { EMPTY_ROOT, hashFrom } from '../../../src/journal/merkle/hash.ts';
import { leavesUpTo, NaiveTree } from './naive-tree.ts';
import { rootsByRfc, treeByRfc } from './rfc-tree.ts';

const rangeOver = (count: number) => leavesUpTo(count).reduce(append, emptyRange);

describe('a compact range', () => {
  it.each(rootsByRfc.map((root, size) => ({ size, root })))(
    'has the published root at size $size',
    ({ size, root }) => {
      const range = treeByRfc.slice(0, size).reduce(append, emptyRange);
      expect(range.size).toBe(size);
      expect(rootOf(range).toString('hex')).toBe(root);
    },
  );

  it('has the root of RFC 9162 §2.1.1 at every size', () => {
    const leaves = leavesUpTo(600);
    const tree = new NaiveTree(leaves);
    let range = emptyRange;
    for (const [index, leaf] of leaves.entries()) {
      range = append(range, leaf);
      expect(rootOf(range)).toEqual(tree.root(0, index + 1));
    }
  });

  it('has it around 65,536 leaves too', () => {
    const leaves = leavesUpTo(65_538);
    const tree = new NaiveTree(leaves);
    let range = leaves.slice(0, 65_534).reduce(append, emptyRange);
    for (let size = 65_535; size <= 65_538; size += 1) {
      range = leaves.slice(size - 1, size).reduce(append, range);
      expect(rootOf(range)).toEqual(tree.root(0, size));
    }
  });

  it('keeps one hash for each bit of its size', () => {
    expect([0, 1, 2, 3, 255, 256, 257].map((size) => rangeOver(size).peaks.length)).toEqual([0, 1, 1, 2, 8, 1, 2]);
  });

  it('does not change when a leaf is appended', () => {
    const range = rangeOver(7);
    const root = rootOf(range);
    leavesUpTo(3).reduce(append, range);
    expect(range.size).toBe(7);
    expect(rootOf(range)).toEqual(root);
  });

  it('goes on from its bytes as if it had never been written', () => {
    fc.assert(
      fc.property(fc.nat(700), fc.nat(300), (written, more) => {
        const leaves = leavesUpTo(written + more);
        const bytes = bytesOfRange(leaves.slice(0, written).reduce(append, emptyRange));
        const range = leaves.slice(written).reduce(append, rangeFromBytes(bytes));
        expect(range).toEqual(leaves.reduce(append, emptyRange));
      }),
      { numRuns: 50 },
    );
  });

  it('is written as its size in eight bytes, then its hashes', () => {
    const [leaf] = leavesUpTo(1);
    expect(bytesOfRange(emptyRange).toString('hex')).toBe('0000000000000000');
    expect(bytesOfRange(rangeOver(1)).toString('hex')).toBe(`0000000000000001${leaf?.toString('hex')}`);
  });

  it('can be read from the bytes of another buffer', () => {
    const bytes = bytesOfRange(rangeOver(5));
    const inside = Uint8Array.from([7, ...bytes, 7]).subarray(1, -1);
    expect(rangeFromBytes(inside)).toEqual(rangeOver(5));
  });

  it('is refused where bytes are missing, too many, or of another size', () => {
    const bytes = bytesOfRange(rangeOver(5));
    const otherSize = Buffer.from(bytes);
    otherSize.writeUInt8(7, 7);
    const hugeSize = Buffer.concat([Buffer.from('ffffffffffffffff', 'hex'), Buffer.alloc(64 * 32)]);
    const broken = [
      Buffer.alloc(0),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.alloc(32)]),
      otherSize,
      hugeSize,
    ];
    for (const wrong of broken) expect(() => rangeFromBytes(wrong)).toThrow('no compact range');
  });
});

describe('a hash', () => {
  it('of no leaves at all is that of no bytes', () => {
    expect(rootOf(emptyRange)).toBe(EMPTY_ROOT);
  });

  it.each([0, 31, 33])('is refused with %i bytes', (length) => {
    expect(() => hashFrom(Buffer.alloc(length))).toThrow(`not ${length}`);
  });
});
