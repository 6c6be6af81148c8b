import { ledger } from '../servers/contender.ts';
import { clean, growth, share, slower, within } from './findings.ts';
import { closed, MANY, once, open } from './loads.ts';
import type { AccountSet, Line, Scenario } from './scenario.ts';

const LENGTHS = [1_000, 100_000, 1_000_000] as const;

const counted = (count: number): string => count.toLocaleString('en');

const longStream = (events: number): AccountSet => ({ count: 1, eventsEach: events, keysExpired: true });

const warm = (events: number): Line => ({
  contender: ledger,
  title: `deposits behind ${counted(events)} events`,
  accounts: longStream(events),
  load: closed('deposit', 1),
});

const cold = (events: number): Line => ({
  contender: ledger,
  title: `first deposit behind ${counted(events)} events`,
  accounts: longStream(events),
  load: once('deposit'),
  coldBehind: { count: 100 },
});

const [warmShort, warmMiddle, warmLong] = LENGTHS.map(warm) as [Line, Line, Line];
const [coldShort, coldMiddle, coldLong] = LENGTHS.map(cold) as [Line, Line, Line];

/** Cost must not grow with the length of a history: not while an account is known, and not when it is first asked for. */
export const longStreams: Scenario = {
  name: 'long-streams',
  about: 'deposits on accounts of 1,000, 100,000 and 1,000,000 events, known and right after a restart',
  length: 'long',
  steps: [
    {
      lines: [warmShort, warmMiddle, warmLong],
      findings: [slower(warmLong, warmShort, { at: 0.5 }), slower(warmMiddle, warmShort, { at: 0.5 })],
    },
    {
      lines: [coldShort, coldMiddle, coldLong],
      findings: [coldShort, coldMiddle]
        .map((line) => within(line, { at: 0.5 }))
        .concat(within(coldLong, { at: 0.5, target: 20 })),
    },
  ],
};

const ACCOUNTS = 1_000;

const inStoreOf = (events: number): Line => ({
  contender: { ...ledger, name: `ledger, ${counted(events)} events` },
  title: 'deposits on 1,000 accounts',
  accounts: { count: ACCOUNTS, eventsEach: events / ACCOUNTS },
  load: closed('deposit'),
});

const storeSize = (large: number): Scenario['steps'] => {
  const [few, many] = [inStoreOf(10_000), inStoreOf(large)];
  return [{ lines: [few, many], findings: [share(many, few), slower(many, few, { at: 0.99 })] }];
};

/** Whether the store gets slower as it fills. */
export const store: Scenario = {
  name: 'store',
  about: 'deposits where 10,000 and where 500,000 events are in the store, 64 connections',
  length: 'long',
  steps: storeSize(500_000),
};

/** The same where no index fits into the processor's caches any more. */
export const largeStore: Scenario = {
  name: 'large-store',
  about: 'the same with 5,000,000 events',
  length: 'very long',
  steps: storeSize(5_000_000),
};

// More accounts than are kept in memory, so that some have to go for every batch.
const CROWDED: AccountSet = { count: 52_000 };

const untilFull: Line = {
  contender: ledger,
  title: 'batches of 1,000 deposits',
  accounts: CROWDED,
  load: closed('batch', 2),
  operations: 3_500_000,
};

/** Memory must not grow with what was ever written. */
export const memory: Scenario = {
  name: 'memory',
  about: '10,500,000 deposits on 52,000 accounts, in three rounds: the memory of the API after each',
  length: 'very long',
  steps: [{ lines: [untilFull], findings: [growth(untilFull), clean(untilFull)] }],
};

const ROUND_OF_AN_HOUR = 120_000;

const steadily: Line = {
  contender: ledger,
  title: 'deposits, 100 a second',
  accounts: MANY,
  load: open('deposit', 100),
  operations: ROUND_OF_AN_HOUR,
};

/** Nothing must pile up, and nobody must wait, while nothing out of the ordinary happens. */
export const endurance: Scenario = {
  name: 'endurance',
  about: 'deposits at fixed times, 100 a second, for an hour in three rounds',
  length: 'very long',
  steps: [
    {
      lines: [steadily],
      findings: [clean(steadily), within(steadily, { at: 0.99, target: 80 }), growth(steadily, 1.1)],
    },
  ],
};
