import { latency } from '../report/finding.ts';
import { groupCommit } from '../servers/server-kind.ts';
import type { Scenario } from './scenario.ts';

/** What a client waits when it is the only one: nobody shares its transaction. */
export const oneDeposit: Scenario = {
  name: 'one-deposit',
  title: 'one deposit alone',
  servers: [groupCommit],
  accounts: 1,
  load: { work: 'deposit', pacing: { kind: 'closed', connections: 1 } },
  find: (measurements) => latency(measurements, 'one deposit alone: median', 0.5, 15),
};
