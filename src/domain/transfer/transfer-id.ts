import type { Branded } from '../branded.ts';

export type TransferId = Branded<string, 'TransferId'>;
