import type { Projection } from '../../projections/projection.ts';
import type { Storage } from '../ports/storage.ts';
import type { Row } from '../ports/table.ts';
import type { TextOf } from './row-findings.ts';
import type { SealedCheck } from './sealed-check.ts';

/** How a ledger is read that is being verified. */
export type Reading = {
  /** Events, or rows, at once. */
  readonly atOnce: number;
  /** Hears how many were read, and resolves when the next may be. What it rejects with ends the reading. */
  readonly pace: (count: number) => Promise<void> | void;
};

/** All of it, as fast as it can be read. */
export const atOnce: Reading = { atOnce: 1_000, pace: () => undefined };

/** What a ledger is verified with. */
export type VerifyParts = {
  readonly storage: Storage;
  readonly projections: readonly Projection<Row>[];
  readonly reading?: Reading;
  /** Whether events are sealed; left out: nobody asks. */
  readonly sealed?: SealedCheck;
  /** What is told of a cell that is not right; left out: all of it. */
  readonly textOf?: TextOf;
};
