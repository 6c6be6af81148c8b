import { throughputRatio } from '../report/finding.ts';
import { groupCommit, oneCommandATransaction } from '../servers/server-kind.ts';
import type { Scenario } from './scenario.ts';

export const BUSY = { kind: 'closed', connections: 64 } as const;
export const MANY_ACCOUNTS = 1_000;

const servers = [groupCommit, oneCommandATransaction];

export const deposits: Scenario = {
  name: 'deposits',
  title: 'deposits on 1,000 accounts',
  servers,
  accounts: MANY_ACCOUNTS,
  load: { work: 'deposit', pacing: BUSY },
  find: (measurements) => throughputRatio(measurements, 'deposits on 1,000 accounts', 3),
};

/** Every command wants the next version of the same stream: the case that locks and optimistic retries handle worst. */
export const hotAccount: Scenario = {
  name: 'hot-account',
  title: 'deposits on one account',
  servers,
  accounts: 1,
  load: { work: 'deposit', pacing: BUSY },
  find: (measurements) => throughputRatio(measurements, 'one hot account', 10),
};
