import { deposits, hotAccount } from './deposits.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Scenario } from './scenario.ts';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [deposits, hotAccount, oneAtATime];
