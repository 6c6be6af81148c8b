import type { Json } from '../http/presenters/wire.ts';
import { ProofRefused } from '../journal/stream-proof.ts';

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

const inWords = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));

type Difference = { readonly path: string; readonly expected: unknown; readonly found: unknown };

/** The first place in which two JSON values differ; undefined where they are one. A member that is undefined is none. */
const firstDifference = (expected: unknown, found: unknown, path: string): Difference | undefined => {
  if (!isObject(expected) || !isObject(found)) {
    return expected === found ? undefined : { path, expected, found };
  }
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const inside = path === '' ? name : `${path}/${name}`;
    const difference = firstDifference(expected[name], found[name], inside);
    if (difference) return difference;
  }
  return undefined;
};

/** Throws ProofRefused where the document says anything else than what was found out here. */
export const mustBeTheSame = (expected: unknown, found: unknown): void => {
  const difference = firstDifference(expected, found, '');
  if (!difference) return;
  const { path } = difference;
  throw new ProofRefused(
    `${path} is ${inWords(difference.found)}, and the events give ${inWords(difference.expected)}`,
  );
};
