import { tableName } from '../application/ports/table.ts';

/** Which process commits for all that share this ledger, and where it takes commands. */
export type LeaseRow = {
  readonly _id: string;
  readonly holder: string;
  /** The machine of the holder, by its own name: a loopback address means something only there. */
  readonly machine: string;
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** Counted up as long as the holder is well. */
  readonly beat: number;
};

export const leasesTable = tableName<LeaseRow>('leases');

export const COMMITTER = 'committer';

/** The holder of a lease that was given back. */
export const NOBODY = 'nobody';
