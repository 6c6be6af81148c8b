import { z } from 'zod';
import type { Moment } from '../../application/queries/find-account.ts';
import { time } from './time.ts';

export const asOf = time.meta({ description: 'By value date: what counts up to and including this moment.' });
export const knownAt = time.meta({ description: 'By what had been recorded up to and including this moment.' });
export const version = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, { abort: true, error: 'must be a version, from 1' })
  .transform(Number)
  .meta({ description: 'As it was right after its n-th event. Not together with asOf or knownAt.' });

/** That a moment is a version or a time. */
const isOne = ({ asOf, knownAt, version }: Moment): boolean => version === undefined || (asOf ?? knownAt) === undefined;

/** Which moment of an account is meant; empty: now. */
export const moment = z
  .strictObject({ asOf: asOf.exactOptional(), knownAt: knownAt.exactOptional(), version: version.exactOptional() })
  .refine(isOne, { path: ['version'], message: 'cannot be combined with asOf or knownAt' });

/** That the answer shall come with what it takes to check it. */
export const proof = z
  .literal('1', 'must be 1')
  .meta({ description: 'With a proof, for whoever trusts nothing but the key of the ledger.' });

/** A moment whose answer can be proved. */
export const provableMoment = moment.safeExtend({ proof: proof.exactOptional() });

/** Two moments of an account: each like a `moment`, its members with the name of its end in front. */
export const twoMoments = {
  'from.asOf': asOf.exactOptional(),
  'from.knownAt': knownAt.exactOptional(),
  'from.version': version.exactOptional(),
  'to.asOf': asOf.exactOptional(),
  'to.knownAt': knownAt.exactOptional(),
  'to.version': version.exactOptional(),
};

type End = 'from' | 'to';
type TwoMoments = z.output<z.ZodObject<typeof twoMoments>>;

/** One of the two. */
export const momentAt = (query: TwoMoments, end: End): Moment => {
  const named = (['asOf', 'knownAt', 'version'] as const).map((name) => [name, query[`${end}.${name}`]] as const);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
};

/** That a moment is a version or a time, as arguments of `refine`. */
export const isOneMoment = (end: End): [(query: TwoMoments) => boolean, { path: string[]; message: string }] => [
  (query) => isOne(momentAt(query, end)),
  { path: [`${end}.version`], message: 'cannot be combined with asOf or knownAt' },
];
