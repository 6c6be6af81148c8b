import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { balanceAsOf } from '../../src/application/queries/balance-as-of.ts';
import type { Statement, StatementQuery } from '../../src/application/queries/statement.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import type { AccountId, StreamId } from '../../src/domain/account/account-id.ts';
import { type Account, initialState, isOpened } from '../../src/domain/account/account-state.ts';
import { evolve } from '../../src/domain/account/evolve.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { accountRowOf, accountsTable } from '../../src/projections/accounts/accounts.ts';
import { projections } from '../../src/projections/index.ts';
import { type Change, writesOf } from '../../src/projections/projection.ts';
import { type Probe, Requests, type Script, script } from '../support/bank-scripts.ts';
import { compare } from '../support/compare-with-model.ts';
import { memoryPlaces, mongoPlaces, type Place, type Places } from '../support/ledger-under-test.ts';
import { heldOn, type ModelAccount, ModelBank, type ModelEntry } from '../support/model-bank.ts';
import { heldBy, signedAmount } from '../support/naive-history.ts';
import { ManualClock, openTestLedger, type TestLedger } from '../support/test-ledger.ts';

type Played = { readonly bank: ModelBank; readonly ledger: TestLedger; readonly place: Place };

/** Plays a script on the ledger, as two processes over one storage, and on the model. */
const play = async (places: Places, script: Script): Promise<Played> => {
  const place = await places.open();
  const clock = new ManualClock();
  const processes = [0, 1].map(() => openTestLedger({ storage: place.storage, clock })) as [TestLedger, TestLedger];
  const bank = new ModelBank();
  const requests = new Requests(bank);
  await compare(processes[0], bank, requests.openings(script, clock.now()));
  for (const { steps, process, tick } of script.groups) {
    clock.move(tick);
    const made = steps.map((step) => requests.make(step, clock.now()));
    await compare(processes[process], bank, made);
  }
  // All that was recorded lies in the past, also where the clock had stepped back.
  clock.move(86_400_000);
  await Promise.all(processes.map(({ drain }) => drain()));
  return { bank, ledger: processes[0], place };
};

const streamsIn = async ({ place }: Played): Promise<ReadonlyMap<StreamId, readonly RecordedEvent[]>> => {
  const streams = new Map<StreamId, readonly RecordedEvent[]>();
  for await (const { streamId } of place.storage.events.heads()) {
    streams.set(streamId, await place.storage.events.read(streamId, { after: 0, limit: 10_000 }));
  }
  return streams;
};

const sumOf = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n);

const balancesMatch = async ({ bank, ledger }: Played): Promise<void> => {
  const rows = await ledger.storage.table(accountsTable).range({ order: ['_id'] });
  const found = rows.map((row) => [
    row._id,
    row.status,
    row.ledgerBalance,
    row.heldAmount,
    row.availableBalance,
    row.overdraftLimit,
    row.version,
  ]);
  const accounts = [...bank.accounts.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
  expect(found).toStrictEqual(
    accounts.map((account) => {
      const { id, status, balance, limit, version } = account;
      const held = heldOn(account);
      return [id, status, balance, held, balance - held + limit, limit, version];
    }),
  );
  for (const [currency, total] of bank.broughtIn) {
    expect(sumOf(rows.filter((row) => row.currency === currency).map((row) => row.ledgerBalance))).toBe(total);
  }
};

/** After a debit, and with every hold, no account is below its overdraft limit. */
const nobodyIsBelowTheLimit = async (played: Played): Promise<void> => {
  for (const events of (await streamsIn(played)).values()) {
    let [balance, limit] = [0n, 0n];
    for (const event of events) {
      if ('overdraftLimit' in event.data) limit = event.data.overdraftLimit;
      const amount = signedAmount(event);
      balance += amount;
      const held = heldBy(events.slice(0, event.version));
      if (amount < 0n || event.type === 'HoldPlaced') expect(balance - held).toBeGreaterThanOrEqual(-limit);
    }
  }
};

const changesIn = (events: readonly RecordedEvent[]): readonly Change[] => {
  let before: Account = initialState();
  return events.map((event) => {
    const after = evolve(before, event);
    if (!isOpened(after)) throw new Error('not opened');
    const change = { event, before, after };
    before = after;
    return change;
  });
};

/** Everything once more from the events alone, into tables of its own. */
const replayIsLive = async (played: Played): Promise<void> => {
  const { storage, bytesOf } = played.place;
  const shadow = await storage.openShadow(projections.map(({ table }) => table));
  try {
    for (const events of (await streamsIn(played)).values()) {
      const changes = changesIn(events);
      const last = changes.at(-1)?.after;
      if (last) expect(await storage.table(accountsTable).get(last.accountId)).toStrictEqual(accountRowOf(last));
      await storage.transactionally(async (work) => {
        for (const projection of projections) {
          const writes = writesOf(projection, changes);
          if (writes.length > 0) await shadow.table(projection.table).write(work, writes);
        }
      });
    }
    for (const { table } of projections) {
      expect(await bytesOf(shadow, table.name)).toStrictEqual(await bytesOf(storage, table.name));
    }
  } finally {
    await shadow.drop();
  }
};

const chosen = <T>(values: readonly T[], fraction: number): T => {
  const value = values[Math.floor(fraction * values.length)];
  if (value === undefined) throw new Error('nothing to choose from');
  return value;
};

/** Moments at which a balance can change, and those right before and after. */
const momentsOf = ({ entries, openedAt }: ModelAccount): readonly number[] =>
  [openedAt, ...entries.flatMap(({ effectiveAt, recordedAt }) => [effectiveAt, recordedAt])].flatMap((moment) => [
    moment - 1,
    moment,
    moment + 1,
  ]);

const sumWhere = (entries: readonly ModelEntry[], counts: (entry: ModelEntry) => boolean): bigint =>
  sumOf(entries.filter(counts).map(({ amount }) => amount));

const balancesInTime = async ({ bank, ledger }: Played, probes: readonly Probe[]): Promise<void> => {
  for (const account of bank.accounts.values()) {
    const { entries, openedAt } = account;
    const moments = momentsOf(account);
    const accountId = account.id as AccountId;
    for (const { time, other, version: place } of probes) {
      const [asOf, known] = [chosen(moments, time), chosen(moments, other)];
      const version = Math.floor(place * (account.version + 2));
      expect(await balanceAsOf(ledger.storage, accountId, { asOf: instant(asOf), version })).toBe(
        sumWhere(entries, (entry) => entry.effectiveAt <= asOf && entry.version <= version),
      );
      const knownAt = Math.max(known, account.recordedAt);
      if (asOf < openedAt) continue;
      const found = await ledger.queries.findAccount(accountId, { asOf: instant(asOf), knownAt: instant(knownAt) });
      expect(found.ledgerBalance).toBe(
        sumWhere(entries, (entry) => entry.effectiveAt <= asOf && entry.recordedAt <= knownAt),
      );
    }
  }
};

const pagesOf = async (
  { queries }: TestLedger,
  accountId: AccountId,
  query: StatementQuery,
): Promise<readonly Statement[]> => {
  const pages: Statement[] = [];
  for (let after = query.after; ;) {
    const page = await queries.readStatement(accountId, { ...query, ...(after && { after }) });
    pages.push(page);
    if (!page.next) return pages;
    after = page.next;
  }
};

const inOrder = (left: ModelEntry, right: ModelEntry): number =>
  left.effectiveAt - right.effectiveAt || left.version - right.version;

/** What the lines of a statement must say, in ascending order. */
const linesOf = (entries: readonly ModelEntry[], from: number, to: number): readonly (readonly [bigint, bigint])[] => {
  let balance = sumWhere(entries, ({ effectiveAt }) => effectiveAt < from);
  return [...entries]
    .sort(inOrder)
    .filter(({ effectiveAt }) => effectiveAt >= from && effectiveAt < to)
    .map(({ amount }) => [amount, (balance += amount)] as const);
};

/** The read model of holds is what was asked for on paper. */
const holdsMatch = async ({ bank, ledger }: Played): Promise<void> => {
  for (const { id, holds } of bank.accounts.values()) {
    const rows = await ledger.queries.listHolds(id as AccountId, { limit: 1_000 });
    expect(rows.map(({ holdId, amount, status }) => [holdId, amount, status === 'placed'])).toStrictEqual(
      [...holds].map(([holdId, { amount, isOpen }]) => [holdId, amount, isOpen]),
    );
  }
};

const statementsChain = async ({ bank, ledger }: Played, probes: readonly Probe[]): Promise<void> => {
  for (const account of bank.accounts.values()) {
    const { entries } = account;
    for (const { order, limit, isBounded, time, other } of probes) {
      const [first, second] = [chosen(momentsOf(account), time), chosen(momentsOf(account), other)];
      const [from, to] = isBounded ? [Math.min(first, second), Math.max(first, second)] : [-Infinity, Infinity];
      const bounds = isBounded && { from: instant(from), to: instant(to) };
      const pages = await pagesOf(ledger, account.id as AccountId, { order, limit, ...bounds });
      const lines = linesOf(entries, from, to);
      const found = pages.flatMap((page) => page.lines.map((line) => [line.amount, line.balanceAfter] as const));
      expect(found).toStrictEqual(order === 'asc' ? lines : [...lines].reverse());
      for (const { openingBalance, closingBalance } of pages) {
        expect(openingBalance).toBe(sumWhere(entries, ({ effectiveAt }) => effectiveAt < from));
        expect(openingBalance + sumOf(lines.map(([amount]) => amount))).toBe(closingBalance);
      }
      expect(pages.slice(0, -1).every((page) => page.lines.length === limit)).toBe(true);
    }
  }
};

const storages: readonly [string, () => Promise<Places>, number][] = [
  ['memory', memoryPlaces, 200],
  ['a replica set', mongoPlaces, 15],
];

describe.each(storages)('any sequence of commands, on %s', (_, openPlaces, numRuns) => {
  let places: Places;

  beforeAll(async () => {
    places = await openPlaces();
  });

  afterAll(() => places.close());

  it('is answered as a bank on paper would, and everything kept agrees with everything else', async () => {
    const property = fc.asyncProperty(script, async (played) => {
      const outcome = await play(places, played);
      await balancesMatch(outcome);
      await holdsMatch(outcome);
      await nobodyIsBelowTheLimit(outcome);
      await replayIsLive(outcome);
      await balancesInTime(outcome, played.probes);
      await statementsChain(outcome, played.probes);
    });
    await fc.assert(property, { numRuns, interruptAfterTimeLimit: 45_000 });
  });
});
