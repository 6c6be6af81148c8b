import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Diff, DiffQuery } from '../../src/application/queries/diff.ts';
import type { Explanation, ExplainQuery } from '../../src/application/queries/explain-balance.ts';
import type { Moment } from '../../src/application/queries/find-account.ts';
import type { StatementLine } from '../../src/application/queries/statement.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import { type AccountId, accountIdOf } from '../../src/domain/account/account-id.ts';
import { DomainError } from '../../src/domain/domain-error.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { type Probe, Requests, type Script, script } from '../support/bank-scripts.ts';
import { compare } from '../support/compare-with-model.ts';
import { memoryPlaces, mongoPlaces, type Places } from '../support/ledger-under-test.ts';
import { ModelBank } from '../support/model-bank.ts';
import { accountAt, chartAt, countedAt, differenceOf, knownAt, signedAmount, sumOf } from '../support/naive-history.ts';
import { ManualClock, openTestLedger, type TestLedger } from '../support/test-ledger.ts';

/** Plays a script; all that was recorded lies in the past then. */
const play = async (places: Places, { openings, groups, probes }: Script): Promise<TestLedger> => {
  const { storage } = await places.open();
  const ledger = openTestLedger({ storage, clock: new ManualClock() });
  const bank = new ModelBank();
  const requests = new Requests(bank);
  await compare(ledger, bank, requests.openings({ openings, groups, probes }, ledger.clock.now()));
  for (const { steps, tick } of groups) {
    ledger.clock.move(tick);
    await compare(
      ledger,
      bank,
      steps.map((step) => requests.make(step, ledger.clock.now())),
    );
  }
  ledger.clock.move(86_400_000);
  return ledger;
};

type History = { readonly accountId: AccountId; readonly events: readonly RecordedEvent[] };

const historiesOf = async ({ storage }: TestLedger): Promise<readonly History[]> => {
  const histories: History[] = [];
  for await (const { streamId } of storage.events.heads()) {
    const events = await storage.events.read(streamId, { after: 0, limit: 10_000 });
    histories.push({ accountId: accountIdOf(streamId), events });
  }
  return histories;
};

const chosen = <T>(values: readonly T[], fraction: number): T => {
  const value = values[Math.floor(fraction * values.length)];
  if (value === undefined) throw new Error('nothing to choose from');
  return value;
};

const around = (moment: number): readonly number[] => [moment - 1, moment, moment + 1];

/** A moment on either axis, or both, or none: right at, before or behind something. */
const momentOf = (events: readonly RecordedEvent[], { time, other, version, limit }: Probe): Moment => {
  const asOf = instant(
    chosen(
      events.flatMap(({ effectiveAt, recordedAt }) => [...around(effectiveAt), ...around(recordedAt)]),
      time,
    ),
  );
  const known = instant(
    chosen(
      events.flatMap(({ recordedAt }) => around(recordedAt)),
      other,
    ),
  );
  switch (limit) {
    case 1:
      return { asOf };
    case 2:
      return { knownAt: known };
    case 3:
      return { asOf, knownAt: known };
    case 7:
      return { version: 1 + Math.floor(version * events.length) };
    default:
      return {};
  }
};

const orCode = async <T>(asked: Promise<T>): Promise<T | string> =>
  asked.catch((error: unknown) => {
    if (error instanceof DomainError) return error.code;
    throw error;
  });

const accountIsNaive = async (
  { queries }: TestLedger,
  { accountId, events }: History,
  moment: Moment,
): Promise<void> => {
  const expected = accountAt(events, moment) ?? 'ACCOUNT_NOT_FOUND';
  const found = await orCode(queries.findAccount(accountId, moment));
  if (typeof found === 'string') expect(found).toBe(expected);
  else expect(found).toMatchObject(expected as object);
};

const inOrder = (left: RecordedEvent, right: RecordedEvent): number =>
  left.effectiveAt - right.effectiveAt || left.version - right.version;

const linesOf = async ({ queries }: TestLedger, accountId: AccountId, probe: Probe, moment: Moment) => {
  const lines: StatementLine[] = [];
  for (
    let query: Parameters<typeof queries.readStatement>[1] = { ...moment, order: probe.order, limit: probe.limit };
    ;
  ) {
    const page = await queries.readStatement(accountId, query);
    lines.push(...page.lines);
    if (!page.next) return { lines, closingBalance: page.closingBalance };
    query = { ...query, after: page.next };
  }
};

const statementIsNaive = async (ledger: TestLedger, { accountId, events }: History, probe: Probe): Promise<void> => {
  const { asOf: _asOf, ...moment } = momentOf(events, probe);
  if (knownAt(events, moment).length === 0) return;
  const counted = [...countedAt(events, moment)].sort(inOrder);
  let balance = 0n;
  const expected = counted.map((event) => [event.eventId, signedAmount(event), (balance += signedAmount(event))]);
  const { lines, closingBalance } = await linesOf(ledger, accountId, probe, moment);
  const found = lines.map((line) => [line._id, line.amount, line.balanceAfter]);
  expect(probe.order === 'asc' ? found : found.reverse()).toStrictEqual(expected);
  expect(closingBalance).toBe(sumOf(counted));
};

/** The first page of a diff with the events of all pages, or the code with which it is refused. */
const wholeDiff = async ({ queries }: TestLedger, accountId: AccountId, query: DiffQuery): Promise<Diff | string> => {
  const first = await orCode(queries.readDiff(accountId, query));
  if (typeof first === 'string') return first;
  const events = [...first.events];
  for (let after = first.next; after;) {
    const page = await queries.readDiff(accountId, { ...query, after });
    expect([page.from, page.to]).toStrictEqual([first.from, first.to]);
    events.push(...page.events);
    after = page.next;
  }
  return { ...first, events };
};

const diffIsNaive = async (ledger: TestLedger, { accountId, events }: History, query: DiffQuery): Promise<void> => {
  const [first, second] = [accountAt(events, query.from), accountAt(events, query.to)];
  const found = await wholeDiff(ledger, accountId, query);
  if (!first || !second || typeof found === 'string') {
    expect([found, first && second]).toStrictEqual(['ACCOUNT_NOT_FOUND', undefined]);
    return;
  }
  expect([found.from.row, found.to.row]).toMatchObject([first, second]);
  const inVersions = [...found.events].sort((left, right) => left.version - right.version);
  expect(inVersions.map(({ version, amount = 0n, countsIn }) => [version, amount, countsIn])).toStrictEqual(
    differenceOf(events, query.from, query.to),
  );
  const sum = found.events.reduce((total, { amount = 0n }) => total + amount, 0n);
  expect(sum).toBe(second.ledgerBalance - first.ledgerBalance);
};

/** The first page of an explanation with the events of all pages, or the code with which it is refused. */
const wholeExplanation = async (
  { queries }: TestLedger,
  accountId: AccountId,
  query: ExplainQuery,
): Promise<Explanation | string> => {
  const first = await orCode(queries.explainBalance(accountId, query));
  if (typeof first === 'string') return first;
  const events = [...first.events];
  for (let after = first.next; after;) {
    const page = await queries.explainBalance(accountId, { ...query, after });
    expect([page.view, page.start]).toStrictEqual([first.view, first.start]);
    events.push(...page.events);
    after = page.next;
  }
  return { ...first, events };
};

const explanationIsNaive = async (ledger: TestLedger, { accountId, events }: History, query: ExplainQuery) => {
  const expected = accountAt(events, query.moment) ?? 'ACCOUNT_NOT_FOUND';
  const found = await wholeExplanation(ledger, accountId, query);
  if (typeof found === 'string') {
    expect(found).toBe(expected);
    return;
  }
  expect(found.view.row).toMatchObject(expected as object);
  const counted = countedAt(events, query.moment);
  const { version, ledgerBalance } = found.start;
  expect(ledgerBalance).toBe(sumOf(counted.filter((event) => event.version <= version)));
  const listed = found.events.filter(({ amount }) => amount !== undefined);
  const inVersions = [...listed].sort((left, right) => left.version - right.version);
  expect(inVersions.map(({ eventId, amount }) => [eventId, amount])).toStrictEqual(
    counted.filter((event) => event.version > version).map((event) => [event.eventId, signedAmount(event)]),
  );
};

const trialBalanceIsNaive = async (
  { queries }: TestLedger,
  histories: readonly History[],
  { asOf, knownAt }: Moment,
): Promise<void> => {
  const moment = { ...(asOf !== undefined && { asOf }), ...(knownAt !== undefined && { knownAt }) };
  const { lines, totals, isBalanced } = await queries.readTrialBalance({ ...moment, limit: 1_000 });
  const events = histories.flatMap((history) => history.events);
  expect(
    new Map(
      lines.map(({ ledgerAccount, currency, debits, credits }) => [
        `${currency} ${ledgerAccount}`,
        { debits, credits },
      ]),
    ),
  ).toStrictEqual(chartAt(events, moment));
  expect(isBalanced).toBe(true);
  for (const { debits, credits } of totals) expect(debits).toBe(credits);
};

/** Only where no version is meant, for that is of one account. */
const booksAreNaive = async (ledger: TestLedger, { probes }: Script): Promise<void> => {
  const histories = await historiesOf(ledger);
  const events = histories.flatMap((history) => history.events);
  if (events.length === 0) return;
  for (const moment of probes.map((probe) => momentOf(events, probe)))
    if (moment.version === undefined) await trialBalanceIsNaive(ledger, histories, moment);
};

const storages: readonly [string, () => Promise<Places>, number][] = [
  ['memory', memoryPlaces, 150],
  ['a replica set', mongoPlaces, 10],
];

describe.each(storages)('any moment of any history, on %s', (_, openPlaces, numRuns) => {
  let places: Places;

  beforeAll(async () => {
    places = await openPlaces();
  });

  afterAll(() => places.close());

  it('is what a plain sum over all events says', async () => {
    const property = fc.asyncProperty(script, async (played) => {
      const ledger = await play(places, played);
      for (const history of await historiesOf(ledger)) {
        const moments = played.probes.map((probe) => momentOf(history.events, probe));
        for (const [index, probe] of played.probes.entries()) {
          const [from = {}, to = {}] = [moments[index], moments[(index + 1) % moments.length]];
          await accountIsNaive(ledger, history, from);
          await statementIsNaive(ledger, history, probe);
          await diffIsNaive(ledger, history, { from, to, limit: probe.limit });
          await explanationIsNaive(ledger, history, { moment: from, limit: probe.limit });
        }
      }
      await booksAreNaive(ledger, played);
    });
    await fc.assert(property, { numRuns, interruptAfterTimeLimit: 45_000 });
  });
});
