import { audit } from './audit.ts';
import { deposits, hotAccount } from './deposits.ts';
import { endurance, largeStore, longStreams, memory, store } from './history.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { balance, batches, merchant, mix, openLoop, transfers } from './other-work.ts';
import type { Scenario } from './scenario.ts';
import { processes, threeNodes } from './topologies.ts';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  ...[deposits, hotAccount, oneAtATime, transfers, merchant, mix, balance, openLoop],
  ...[processes, threeNodes, audit, batches, longStreams, store, largeStore, memory, endurance],
];
