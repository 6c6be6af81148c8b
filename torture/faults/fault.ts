import type { Random } from '../../src/load/random.ts';
import type { ApiNode } from '../servers/api-node.ts';
import type { TortureSet } from '../servers/torture-set.ts';

export const faultKinds = ['kill', 'stop', 'stepdown', 'proxy', 'failcommand', 'clock'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What faults are done to. */
export type Stage = { readonly set: TortureSet; readonly apis: readonly ApiNode[] };

/** Ends a fault; what it was done to may still need a while to recover. */
export type Heal = () => Promise<void> | void;

/** A fault that was injected, in words for the report. */
export type Injected = { readonly what: string; readonly heal: Heal };

/**
 * `members`: takes mongods or their primary away, so that the set has to elect; only one of those at a time, and only on a whole set.
 * `apis`: takes API processes away; only one of those at a time. `passing`: anything else, at any time.
 */
export type Reach = 'members' | 'apis' | 'passing';

export type Fault = {
  readonly kind: FaultKind;
  readonly name: string;
  readonly reach: Reach;
  /** Seconds until it is healed: from, to. */
  readonly lasts: readonly [number, number];
  /** Whether the set has to elect a new primary after it. */
  readonly takesPrimary?: true;
  /** Nobody can be elected before it is healed. */
  readonly takesMajority?: true;
  /** Undefined where it cannot be done now. */
  readonly inject: (stage: Stage, random: Random) => Promise<Injected | undefined>;
};
