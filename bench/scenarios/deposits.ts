import { bareDriver, type Contender, door, ledger, oneTransaction } from '../servers/contender.ts';
import { clean, share, times } from './findings.ts';
import { BUSY, closed, MANY, ONE } from './loads.ts';
import type { Line, Scenario, Step } from './scenario.ts';

/** Deposits where accounts seldom meet. */
export const onMany = (contender: Contender, connections: number = BUSY): Line => ({
  contender,
  title: 'deposits on 1,000 accounts',
  accounts: MANY,
  load: closed('deposit', connections),
});

/** Deposits where every command wants the next version of the same stream. */
export const onOne = (contender: Contender, connections: number = BUSY): Line => ({
  contender,
  title: 'deposits on one account',
  accounts: ONE,
  load: closed('deposit', connections),
});

const depositsAt = (connections: number, batch?: number): Step => {
  const [ours, doors, each] = [
    onMany(ledger, connections),
    onMany(door, connections),
    onMany(oneTransaction, connections),
  ];
  // A batch is as large as there are clients, at most.
  const bare = batch === undefined ? [] : [onMany(bareDriver(batch), connections)];
  const [target, factor] = connections === BUSY ? [0.6, 5] : [];
  return {
    lines: [ours, doors, each, ...bare],
    findings: [share(ours, doors, target), times(ours, each, factor), ...bare.map((limit) => share(ours, limit))],
  };
};

/** What group commit is worth, and how far it is from its two limits. */
export const deposits: Scenario = {
  name: 'deposits',
  about: 'deposits on 1,000 accounts at 1, 16, 64 and 256 connections, beside all baselines',
  steps: [depositsAt(1, 1), depositsAt(16), depositsAt(BUSY, 64), depositsAt(256, 256)],
};

const hotAt = (connections: number): Step => {
  const [ours, doors, each] = [
    onOne(ledger, connections),
    onOne(door, connections),
    onOne(oneTransaction, connections),
  ];
  const spread = onMany(ledger, connections);
  const isMain = connections === BUSY;
  return {
    lines: isMain ? [ours, spread, doors, each] : [ours, doors, each],
    findings: [...(isMain ? [share(ours, spread, 0.95), clean(ours)] : []), share(ours, doors), times(ours, each)],
  };
};

/** The case that locks and optimistic retries handle worst. */
export const hotAccount: Scenario = {
  name: 'hot-account',
  about: 'deposits on one account at 1, 16, 64 and 256 connections, beside the door and one transaction each',
  steps: [1, 16, BUSY, 256].map(hotAt),
};
