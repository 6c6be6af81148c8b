import { groupCommit, oneCommandATransaction } from '../servers/server-kind.ts';
import { BUSY, MANY_ACCOUNTS } from './deposits.ts';
import type { Scenario } from './scenario.ts';

/** Two streams a command. There is no target for it yet. */
export const transfers: Scenario = {
  name: 'transfers',
  title: 'transfers among 1,000 accounts',
  servers: [groupCommit, oneCommandATransaction],
  accounts: MANY_ACCOUNTS,
  load: { work: 'transfer', pacing: BUSY },
  find: () => undefined,
};
