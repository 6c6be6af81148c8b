import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balanceAsOf } from '../../src/application/queries/balance-as-of.ts';
import { findAccount } from '../../src/application/queries/find-account.ts';
import { systemClock } from '../../src/compose.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import type { Currency } from '../../src/domain/money/currency.ts';
import { minorUnits } from '../../src/domain/money/money.ts';
import { type Instant, instant } from '../../src/domain/time/instant.ts';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import { ledgerOver } from '../contract/fixture.ts';
import { commandOf } from '../support/commands.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { runScript } from '../support/run-script.ts';

type FileRow = { bookingDate: string; accountId: string; balanceAfterMinor: string };

const SAMPLE = 'docs/sample-bank.csv';
const REAL_BANK = '../shared/data/real-bank/transactions.csv';
const DAY = 86_400_000;

const rowsIn = async (file: string): Promise<FileRow[]> => parse(await readFile(file), { columns: true });

const grouped = (rows: readonly FileRow[]): Map<string, FileRow[]> => {
  const groups = new Map<string, FileRow[]>();
  for (const row of rows) {
    const group = groups.get(row.accountId);
    if (group) group.push(row);
    else groups.set(row.accountId, [row]);
  }
  return groups;
};

/** The days from the first of these rows on, up to `last`, with the bank's balance at the end of each. */
const daysOf = (own: readonly FileRow[], last: number): { readonly day: number; readonly expected: bigint }[] => {
  const recorded = new Map(own.map((row) => [Date.parse(row.bookingDate), BigInt(row.balanceAfterMinor)]));
  const days: { readonly day: number; readonly expected: bigint }[] = [];
  let expected = 0n;
  for (let day = Math.min(...recorded.keys()); day <= last; day += DAY) {
    expected = recorded.get(day) ?? expected;
    days.push({ day, expected });
  }
  return days;
};

const lastDayOf = (rows: readonly FileRow[]): number =>
  rows.reduce((last, { bookingDate }) => Math.max(last, Date.parse(bookingDate)), 0);

/** For every account and every day of the file's span: the bank's balance at the end of the day, and the ledger's by value date. */
const compareEveryDay = async (
  database: TestDatabase,
  rows: readonly FileRow[],
): Promise<{ compared: number; wrong: string[] }> => {
  const last = lastDayOf(rows);
  const wrong: string[] = [];
  let compared = 0;
  for (const [accountId, own] of grouped(rows)) {
    const version = (await database.storage.table(accountsTable).get(accountId))?.version ?? 0;
    const days = daysOf(own, last);
    const balances = await Promise.all(
      days.map(({ day }) => balanceAsOf(database.storage, accountId as AccountId, { asOf: endOf(day), version })),
    );
    balances.forEach((actual, index) => {
      const { day = 0, expected = 0n } = days[index] ?? {};
      compared += 1;
      if (actual !== expected)
        wrong.push(`${accountId}, ${new Date(day).toISOString()}: ${actual}, the bank says ${expected}`);
    });
  }
  return { compared, wrong };
};

const endOf = (day: number): Instant => instant(day + DAY - 1);

/**
 * Corrects an account in the middle of its past, and looks at every day: it has more from the value date on, by the amount, and as known
 * before the correction it is what it was. Gives what is otherwise.
 */
const correctAndCompare = async (
  { storage }: TestDatabase,
  [accountId, own]: readonly [string, readonly FileRow[]],
  last: number,
): Promise<string[]> => {
  const days = daysOf(own, last);
  const middle = days[Math.floor(days.length / 2)]?.day ?? 0;
  const find = findAccount(storage, systemClock);
  const amount = 12_345n;
  const before = systemClock.now();
  await setTimeout(2);
  const { ledger, drain } = ledgerOver(storage);
  const currency = (await find(accountId as AccountId)).currency as Currency;
  const money = { amount: minorUnits(amount), currency };
  const wish = {
    type: 'DepositMoney',
    accountId: accountId as AccountId,
    money,
    effectiveAt: instant(middle),
  } as const;
  await ledger.submit(commandOf(wish));
  await drain();
  const wrong: string[] = [];
  for (const { day, expected } of days) {
    const asOf = endOf(day);
    const [now, then] = await Promise.all([
      find(accountId as AccountId, { asOf }),
      find(accountId as AccountId, { asOf, knownAt: before }),
    ]);
    const due = day >= middle ? expected + amount : expected;
    if (now.ledgerBalance === due && then.ledgerBalance === expected) continue;
    wrong.push(`${accountId}, ${new Date(day).toISOString()}: ${now.ledgerBalance}, and before ${then.ledgerBalance}`);
  }
  return wrong;
};

describe('npm run import', () => {
  let database: TestDatabase;
  let directory: string;

  beforeEach(async () => {
    database = await openTestDatabase();
    directory = await mkdtemp(join(tmpdir(), 'daybook-import-'));
  });

  afterEach(async () => {
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  });

  const importFile = async (file: string, currency = 'EUR') => {
    const result = await runScript('import', [file, '--currency', currency, '--json'], { MONGODB_URI: database.uri });
    const counts = result.stdout === '' ? {} : (JSON.parse(result.stdout) as Record<string, unknown>);
    return { ...result, counts };
  };

  const write = async (lines: readonly string[]): Promise<string> => {
    const file = join(directory, 'rows.csv');
    await writeFile(file, `bookingDate,accountId,transactionId,direction,amountMinor\n${lines.join('\n')}\n`);
    return file;
  };

  it('posts every row of the sample, opens accounts as deep as they went, and agrees with the bank on every day', async () => {
    const rows = await rowsIn(SAMPLE);
    const { code, counts } = await importFile(SAMPLE);
    expect(counts).toEqual({ posted: rows.length, skipped: 0, refused: [] });
    expect(code).toBe(0);
    const { compared, wrong } = await compareEveryDay(database, rows);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(250);
    const lowest = Math.min(
      0,
      ...rows.filter((row) => row.accountId === '1003').map((row) => Number(row.balanceAfterMinor)),
    );
    const account = await database.storage.table(accountsTable).get('1003');
    expect(account?.overdraftLimit).toBe(BigInt(-lowest));
    expect(account?.openedAt.toISOString()).toBe('2024-01-01T00:00:00.000Z');
  });

  it('is corrected in the past from the value date on, and what was known before is still known', async () => {
    const rows = await rowsIn(SAMPLE);
    await importFile(SAMPLE);
    for (const account of grouped(rows)) {
      expect(await correctAndCompare(database, account, lastDayOf(rows))).toEqual([]);
    }
  });

  it('doubles nothing when it is run again, and goes on where it was stopped', async () => {
    const text = await readFile(SAMPLE, 'utf8');
    const half = join(directory, 'half.csv');
    await writeFile(half, text.split('\n').slice(0, 21).join('\n'));
    expect((await importFile(half)).counts).toEqual({ posted: 20, skipped: 0, refused: [] });
    const rows = await rowsIn(SAMPLE);
    expect((await importFile(SAMPLE)).counts).toMatchObject({ skipped: 20 });
    expect((await importFile(SAMPLE)).counts).toMatchObject({ posted: 0 });
    expect(rows.length).toBe(54);
  });

  it('refuses bad rows by number and reason, and posts all others', async () => {
    const file = await write([
      '2024-01-01,a,T1,credit,100',
      '2024-02-30,a,T2,credit,100',
      '2024-01-02,a,T3,debit,1.50',
      '2024-01-02,a b,T4,credit,100',
      '2024-01-02,a,T5,sideways,100',
      '2024-01-03,a,T1,credit,999',
      '2999-01-03,a,T7,credit,1',
      '2024-01-04,a,T8,debit,40',
      '2024-01-05,a',
      '2024-01-06,a,T10,credit,1,extra',
    ]);
    const { code, counts } = await importFile(file);
    expect(code).toBe(1);
    expect(counts).toMatchObject({ posted: 2, skipped: 0 });
    const refused = counts.refused as { row: number; reason: string }[];
    expect(refused.map(({ row }) => row)).toEqual([2, 3, 4, 5, 6, 7, 9, 10]);
    expect(refused[4]?.reason).toContain('T1 was used by another transaction');
    expect(refused[5]?.reason).toContain('EFFECTIVE_IN_FUTURE');
    expect((await database.storage.table(accountsTable).get('a'))?.ledgerBalance).toBe(60n);
  });

  it('says what is wrong with a file that is missing or has other columns, and with an unknown currency', async () => {
    expect(await importFile(join(directory, 'none.csv'))).toMatchObject({ code: 1, stdout: '' });
    const other = join(directory, 'other.csv');
    await writeFile(other, 'a,b\n1,2\n');
    expect((await importFile(other)).stderr).toContain('no column bookingDate, accountId');
    await writeFile(other, 'bookingDate,accountId,transactionId,direction,amountMinor,amountMinor\n');
    expect((await importFile(other)).stderr).toContain('two columns amountMinor');
    await writeFile(other, '');
    expect((await importFile(other)).stderr).toContain('is empty');
    expect(await importFile(directory)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no file') as string,
    });
    expect((await importFile(SAMPLE, 'XYZ')).stderr).toContain('ISO 4217');
  });

  // The real file lies beside the repository where the project is developed, and is no part of it.
  it.runIf(existsSync(REAL_BANK))(
    'takes the real bank file completely and agrees with its balance for every account on every day',
    { timeout: 900_000 },
    async () => {
      const rows = await rowsIn(REAL_BANK);
      expect((await importFile(REAL_BANK, 'CZK')).counts).toEqual({ posted: rows.length, skipped: 0, refused: [] });
      const { compared, wrong } = await compareEveryDay(database, rows);
      expect(wrong).toEqual([]);
      expect(compared).toBeGreaterThan(100_000);
      // Every day of some accounts, from the oldest to the youngest: a correction is its own commit, and each day two questions.
      const accounts = [...grouped(rows)];
      for (let place = 0; place < accounts.length; place += Math.ceil(accounts.length / 10)) {
        const account = accounts[place];
        if (account) expect(await correctAndCompare(database, account, lastDayOf(rows))).toEqual([]);
      }
    },
  );
});
