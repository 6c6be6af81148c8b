import { latency } from '../report/finding.ts';
import { groupCommit } from '../servers/server-kind.ts';
import { BUSY, MANY_ACCOUNTS } from './deposits.ts';
import type { Scenario } from './scenario.ts';

/** How long a reader waits while the writers take all that they can get. */
export const balanceUnderLoad: Scenario = {
  name: 'balance',
  title: 'balance by id',
  servers: [groupCommit],
  accounts: MANY_ACCOUNTS,
  load: { work: 'balance', pacing: { kind: 'open', connections: 8, perSecond: 200 } },
  meanwhile: { title: '  deposits meanwhile', work: 'deposit', pacing: BUSY },
  find: (measurements) => latency(measurements, 'balance under load: p99', 0.99, 50),
};
