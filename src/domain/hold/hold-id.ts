import type { Branded } from '../branded.ts';

/** The name of a hold, unique in its account for ever. */
export type HoldId = Branded<string, 'HoldId'>;
