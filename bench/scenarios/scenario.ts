import type { Load } from '../client/load.ts';
import type { Measurement } from '../measurement.ts';
import type { ServerKind } from '../servers/server-kind.ts';
import type { Finding } from '../report/finding.ts';

/** One question to the ledger, and how it is put. */
export type Scenario = {
  /** As `--scenario` names it. */
  readonly name: string;
  readonly title: string;
  /** On each of them in the same run, round by round in turn, so that whatever else the machine does hits all of them. */
  readonly servers: readonly ServerKind[];
  /** How many accounts the load is spread over; each scenario opens its own. */
  readonly accounts: number;
  readonly load: Load;
  /** What other clients do on the same accounts at the same time. */
  readonly meanwhile?: Load & { readonly title: string };
  /** What the measurements of the load, in the order of `servers`, say. */
  readonly find: (measurements: readonly Measurement[]) => Finding | undefined;
};
