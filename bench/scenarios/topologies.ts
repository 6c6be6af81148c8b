import { doorAt, ledger, ledgerAt, oneTransactionAt } from '../servers/contender.ts';
import { onMany, onOne } from './deposits.ts';
import { clean, share, slower, times } from './findings.ts';
import type { Scenario } from './scenario.ts';

const [one, two, four] = [onMany(ledger), onMany(ledgerAt('one-node', 2)), onMany(ledgerAt('one-node', 4))];

/** Nothing is locked between processes, so they meet in the database: what that costs, and whether more of them are worth it. */
export const processes: Scenario = {
  name: 'processes',
  about: 'one, two and four API processes on the same 1,000 accounts, 64 connections in all',
  steps: [
    {
      lines: [one, two, four],
      findings: [
        ...[two, four].flatMap((several) => [
          share(several, one, 1),
          slower(several, one, { at: 0.99, target: 2 }),
          clean(several),
        ]),
      ],
    },
  ],
};

const replicated = ledgerAt('three-nodes');
const [spread, hot] = [onMany(replicated), onOne(replicated)];
const [doors, each] = [onMany(doorAt('three-nodes')), onMany(oneTransactionAt('three-nodes'))];

/** As in production, where a commit waits for a second journal: all three nodes share this machine with everything else. */
export const threeNodes: Scenario = {
  name: 'three-nodes',
  about: 'deposits on 1,000 accounts and on one, 64 connections, on a replica set of three mongods',
  steps: [
    {
      lines: [spread, hot, doors, each],
      findings: [share(spread, doors, 0.4), times(spread, each, 5), share(hot, spread, 0.95), clean(hot)],
    },
  ],
};
