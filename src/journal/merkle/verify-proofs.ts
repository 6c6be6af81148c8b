import { EMPTY_ROOT, type Hash, nodeHash } from './hash.ts';
import { type Growth, isGrowth, isPlace, type Place } from './proofs.ts';

/** Sizes go beyond what the bit operators of JavaScript hold, so that a shift is a division here. */
const half = (number: number): number => Math.floor(number / 2);
const isOdd = (number: number): boolean => number % 2 === 1;

type Side = 'left' | 'right';

/**
 * On which side of the way up from a node to the root each hash of a proof stands, lowest first. `last` is the last node of the same
 * level; where the way is at the right edge, it skips the levels on which it has no neighbour. RFC 9162 §2.1.3.2, steps 4 and 5.
 */
const sidesOfTheWay = (from: number, last: number): readonly Side[] => {
  const sides: Side[] = [];
  let [node, edge] = [from, last];
  while (edge > 0) {
    const isRight = isOdd(node) || node === edge;
    sides.push(isRight ? 'left' : 'right');
    while (isRight && !isOdd(node)) [node, edge] = [half(node), half(edge)];
    [node, edge] = [half(node), half(edge)];
  }
  return sides;
};

/** How many hashes the proof of this place has. */
export const lengthOfInclusionProof = ({ index, size }: Place): number => sidesOfTheWay(index, size - 1).length;

const climb = (from: Hash, proof: readonly Hash[], sides: readonly Side[]): Hash =>
  proof.reduce((node, hash, at) => (sides[at] === 'left' ? nodeHash(hash, node) : nodeHash(node, hash)), from);

/** Whether the proof shows that the leaf has this place in the tree with this root (RFC 9162 §2.1.3.2). */
export const verifyInclusion = (leaf: Hash, place: Place, proof: readonly Hash[], root: Hash): boolean => {
  if (!isPlace(place) || proof.length !== lengthOfInclusionProof(place)) return false;
  return climb(leaf, proof, sidesOfTheWay(place.index, place.size - 1)).equals(root);
};

export type Roots = { readonly first: Hash; readonly second: Hash };

/** Whether both roots follow from the proof: the first one from what stands on the left, which was there before. */
const bothFollow = ({ first, second }: Growth, roots: Roots, proof: readonly Hash[]): boolean => {
  let [node, edge] = [first - 1, second - 1];
  while (isOdd(node)) [node, edge] = [half(node), half(edge)];
  // A perfect tree is a node of the one that it became, and a proof does not say again what is known.
  const [start, ...above] = node === 0 ? [roots.first, ...proof] : proof;
  const sides = sidesOfTheWay(node, edge);
  if (!start || above.length !== sides.length) return false;
  const before = above.filter((_, at) => sides[at] === 'left').reduce((right, left) => nodeHash(left, right), start);
  return before.equals(roots.first) && climb(start, above, sides).equals(roots.second);
};

/** Whether the proof shows that the tree with the first root became the one with the second by growing (RFC 9162 §2.1.4.2). */
export const verifyConsistency = (growth: Growth, roots: Roots, proof: readonly Hash[]): boolean => {
  if (!isGrowth(growth)) return false;
  if (growth.first === growth.second) return proof.length === 0 && roots.first.equals(roots.second);
  if (growth.first === 0) return proof.length === 0 && roots.first.equals(EMPTY_ROOT);
  return bothFollow(growth, roots, proof);
};
