import type { Work } from '../client/work.ts';
import { bareDriver, type Contender, door, ledger, oneTransaction } from '../servers/contender.ts';
import { onMany } from './deposits.ts';
import { clean, share, times, within } from './findings.ts';
import { closed, MANY, open } from './loads.ts';
import type { Line, Scenario, Step } from './scenario.ts';

const besideBaselines = (title: string, work: Work): Step => {
  const on = (contender: Contender): Line => ({ contender, title, accounts: MANY, load: closed(work) });
  const [ours, doors, each] = [on(ledger), on(door), on(oneTransaction)];
  return { lines: [ours, doors, each], findings: [share(ours, doors), times(ours, each)] };
};

/** Two streams a command. */
export const transfers: Scenario = {
  name: 'transfers',
  about: 'transfers among 1,000 accounts, 64 connections',
  steps: [besideBaselines('transfers among 1,000 accounts', 'transfer')],
};

/** Half of the clients' time goes to reading what others write. */
export const mix: Scenario = {
  name: 'mix',
  about: 'deposits and balances in equal parts on 1,000 accounts, 64 connections',
  steps: [besideBaselines('50 % deposits, 50 % balances', 'mix')],
};

const payments = (contender: Contender): Line => ({
  contender,
  title: '1,000 accounts pay one',
  accounts: { count: MANY.count + 1 },
  load: closed('payment'),
});

const [paid, paidEach, spread] = [payments(ledger), payments(oneTransaction), onMany(ledger)];

/** Every transfer has a hot account on one side. */
export const merchant: Scenario = {
  name: 'merchant',
  about: 'transfers from 1,000 accounts into one, 64 connections, beside deposits on 1,000 accounts',
  steps: [
    { lines: [paid, spread, paidEach], findings: [share(paid, spread, 0.6), clean(paid), times(paid, paidEach)] },
  ],
};

const reads: Line = {
  contender: ledger,
  title: 'balances, 200 a second',
  accounts: MANY,
  load: open('balance', 200, 8),
  meanwhile: { title: '  deposits meanwhile', ...closed('deposit') },
};

/** How long a reader waits while the writers take all that they can get. */
export const balance: Scenario = {
  name: 'balance',
  about: '200 balances a second at fixed times, over 8 connections, while 64 others deposit',
  steps: [{ lines: [reads], findings: [within(reads, { at: 0.99, target: 20 }), within(reads, { at: 0.5 })] }],
};

const paced = (contender: Contender, perSecond: number): Line => ({
  contender,
  title: `deposits, ${perSecond.toLocaleString('en')} a second`,
  accounts: MANY,
  load: open('deposit', perSecond),
});

const [calm, calmDoor, brisk] = [paced(ledger, 250), paced(door, 250), paced(ledger, 1_000)];

/** What clients wait that come when they come, and not when the server has time. */
export const openLoop: Scenario = {
  name: 'open-loop',
  about: 'deposits at fixed times, 250 and 1,000 a second, over 64 connections',
  steps: [
    {
      lines: [calm, calmDoor, brisk],
      findings: [calm, calmDoor, brisk].flatMap((line) => [within(line, { at: 0.5 }), within(line, { at: 0.99 })]),
    },
  ],
};

const batched = (contender: Contender): Line => ({
  contender,
  title: 'batches of 1,000 deposits',
  accounts: MANY,
  load: closed('batch', 2),
});

const [batches1000, limit1000] = [batched(ledger), batched(bareDriver(1_000))];

/** What is left to win where the client does the batching. Latencies are those of whole batches. */
export const batches: Scenario = {
  name: 'batches',
  about: 'POST /v1/batches with 1,000 deposits each, 2 connections, beside transactions of the bare driver',
  steps: [{ lines: [batches1000, limit1000], findings: [share(batches1000, limit1000, 0.7), clean(batches1000)] }],
};
