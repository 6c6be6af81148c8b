import { describe, expect, it } from 'vitest';
import { balanceAsOf } from '../../../src/application/queries/balance-as-of.ts';
import type { StatementQuery } from '../../../src/application/queries/statement.ts';
import type { AccountId } from '../../../src/domain/account/account-id.ts';
import { type Instant, instant } from '../../../src/domain/time/instant.ts';
import { eur, START } from '../../support/facts.ts';
import { openTestLedger } from '../../support/test-ledger.ts';
import { depositMoney, openAccount } from '../../support/wishes.ts';

const alice = 'alice' as AccountId;

/** An account opened a hundred seconds before now, in whose time deposits can be placed by seconds since then. */
const openAged = async () => {
  const test = openTestLedger();
  await test.submit(openAccount({ effectiveAt: START }));
  test.clock.move(100_000);
  const second = (count: number): Instant => instant(START + count * 1_000);
  return {
    ...test,
    second,
    deposit: (amount: bigint, at: number) => test.submit(depositMoney(eur(amount), { effectiveAt: second(at) })),
    balance: (at: number, version = 99) => balanceAsOf(test.storage, alice, { asOf: second(at), version }),
  };
};

describe('the balance at a value date', () => {
  it('is zero before the first entry, and all of it after the last', async () => {
    const { deposit, balance } = await openAged();
    await deposit(1n, 10);
    await deposit(2n, 20);
    expect([await balance(9), await balance(10), await balance(19), await balance(20)]).toStrictEqual([0n, 1n, 1n, 3n]);
  });

  it('counts what was dated back before the first entry', async () => {
    const { deposit, balance } = await openAged();
    await deposit(1n, 50);
    await deposit(2n, 20);
    expect([await balance(19), await balance(20), await balance(49), await balance(50)]).toStrictEqual([
      0n,
      2n,
      2n,
      3n,
    ]);
  });

  it('counts what was dated back to between others, as far as it was known at that version', async () => {
    const { deposit, balance } = await openAged();
    await deposit(1n, 10);
    await deposit(2n, 50);
    await deposit(4n, 30);
    expect([await balance(29), await balance(30), await balance(50)]).toStrictEqual([1n, 5n, 7n]);
    expect([await balance(30, 4), await balance(50, 4)]).toStrictEqual([5n, 7n]);
    expect([await balance(30, 3), await balance(50, 3), await balance(50, 2), await balance(50, 1)]).toStrictEqual([
      1n,
      3n,
      1n,
      0n,
    ]);
  });

  it('is exact for several entries of one moment', async () => {
    const { deposit, balance } = await openAged();
    await deposit(1n, 10);
    await deposit(2n, 10);
    await deposit(4n, 50);
    await deposit(8n, 10);
    expect([await balance(10), await balance(10, 3), await balance(10, 2)]).toStrictEqual([11n, 3n, 1n]);
  });
});

describe('a statement', () => {
  const ascending: StatementQuery = { order: 'asc', limit: 2 };

  it('leaves out of its later pages what was recorded after its first', async () => {
    const { deposit, queries } = await openAged();
    for (const at of [10, 20, 30]) await deposit(1n, at);
    const first = await queries.readStatement(alice, ascending);
    await deposit(100n, 25);
    if (!first.next) throw new Error('no second page');
    const second = await queries.readStatement(alice, { ...ascending, after: first.next });
    expect([...first.lines, ...second.lines].map(({ amount }) => amount)).toStrictEqual([1n, 1n, 1n]);
    expect(second.lines.at(-1)?.balanceAfter).toBe(3n);
    expect(second.closingBalance).toBe(first.closingBalance);
  });

  it('has a next page only where there is something on it', async () => {
    const { deposit, queries } = await openAged();
    for (const at of [10, 20]) await deposit(1n, at);
    expect(await queries.readStatement(alice, ascending)).not.toHaveProperty('next');
    await deposit(1n, 30);
    expect(await queries.readStatement(alice, ascending)).toHaveProperty('next');
  });

  it('takes in its first moment and leaves out its last', async () => {
    const { deposit, queries, second } = await openAged();
    for (const at of [10, 20, 30]) await deposit(BigInt(at), at);
    const statement = await queries.readStatement(alice, { order: 'asc', limit: 9, from: second(10), to: second(30) });
    expect(statement.lines.map(({ amount }) => amount)).toStrictEqual([10n, 20n]);
    expect([statement.openingBalance, statement.closingBalance]).toStrictEqual([0n, 30n]);
  });

  it('has balances also where it is empty', async () => {
    const { deposit, queries, second } = await openAged();
    await deposit(5n, 10);
    const statement = await queries.readStatement(alice, { ...ascending, from: second(20), to: second(30) });
    expect(statement).toMatchObject({ lines: [], openingBalance: 5n, closingBalance: 5n });
  });
});
