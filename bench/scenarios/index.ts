import { balanceUnderLoad } from './balance.ts';
import { deposits, hotAccount } from './deposits.ts';
import { oneDeposit } from './one-deposit.ts';
import type { Scenario } from './scenario.ts';
import { transfers } from './transfers.ts';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [deposits, hotAccount, balanceUnderLoad, oneDeposit, transfers];
