import type { Load } from '../client/load.ts';
import type { Measurement } from '../measurement.ts';
import type { Contender } from '../servers/contender.ts';
import type { Finding } from '../report/finding.ts';

/** On which accounts of a contender a load runs. Lines of a scenario that name the same ones share them. */
export type AccountSet = {
  readonly count: number;
  /** How many events each has before the first command; left out, they are opened over the API. */
  readonly eventsEach?: number;
  /** The commands behind those events are so old that the store has forgotten their keys. */
  readonly keysExpired?: true;
};

/** One line of the table: who is asked, for what, on which accounts. */
export type Line = {
  readonly contender: Contender;
  readonly title: string;
  readonly accounts: AccountSet;
  readonly load: Load;
  /** A round is over when so many commands and queries were begun, however long that takes. */
  readonly operations?: number;
  /** What other clients do on the same accounts at the same time. */
  readonly meanwhile?: Load & { readonly title: string };
  /** Before every round the contender is started anew, and warms up on these other accounts. */
  readonly coldBehind?: AccountSet;
};

/** What measured lines of a step say, next to what the ledger aims at. */
export type Finder = (of: (line: Line) => Measurement) => Finding;

/** Lines that are measured round by round in turn, so that whatever else the machine does hits all of them. */
export type Step = {
  readonly lines: readonly Line[];
  readonly findings: readonly Finder[];
};

/** One question to the ledger, and how it is put. Its contenders start with empty databases. */
export type Scenario = {
  /** As `--scenario` names it. */
  readonly name: string;
  /** One sentence for `--help`. */
  readonly about: string;
  /** Whether it takes so long that it is left out of a quick run, or of every run that does not ask for it. */
  readonly length?: 'long' | 'very long';
  readonly steps: readonly Step[];
};
