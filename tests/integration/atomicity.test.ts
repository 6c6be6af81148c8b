import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { idempotencyKeysTable, transactionIdsTable } from '../../src/application/commit/claims.ts';
import type { Outcome } from '../../src/application/commit/decide-batch.ts';
import type { Command } from '../../src/application/commands/command.ts';
import type { Row } from '../../src/application/ports/table.ts';
import type { Daybook } from '../../src/compose.ts';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import { projections } from '../../src/projections/index.ts';
import type { Change, Projection } from '../../src/projections/projection.ts';
import { statementEntriesTable } from '../../src/projections/statement-entries/statement-entries.ts';
import { transfersTable } from '../../src/projections/transfers/transfers.ts';
import { ledgerOver } from '../contract/fixture.ts';
import { commandOf, depositMoney, openAccount, transferMoney, withdrawMoney } from '../support/commands.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { streamOf } from '../support/recorded-events.ts';
import { verifyLedger } from '../support/verify-ledger.ts';

const broken = new Error('this projection is broken');

/** The read models of the ledger, of which the named one fails on some changes. */
const withBroken = (table: string, fails: (change: Change) => boolean): readonly Projection<Row>[] =>
  projections.map((projection) => ({
    ...projection,
    project: (change) => {
      if (projection.table.name === table && fails(change)) throw broken;
      return projection.project(change);
    },
  }));

describe('a read model that fails takes its command with it, and nothing else', () => {
  let database: TestDatabase;
  let sound: Daybook;
  const opened: Daybook[] = [];

  const daybookWith = (parts: readonly Projection<Row>[]): Daybook => {
    const daybook = ledgerOver(database.storage, { projections: parts });
    opened.push(daybook);
    return daybook;
  };

  beforeAll(async () => {
    database = await openTestDatabase();
    sound = ledgerOver(database.storage);
    await sound.ledger.submit(commandOf(openAccount('payer', 1_000n)));
    await sound.ledger.submit(commandOf(openAccount('payee', 1_000n)));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((daybook) => daybook.drain()));
    const { faults } = await verifyLedger(database.storage);
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await sound.drain();
    await database.drop();
  });

  /** Everything in the database, row by row, but for the key that TTL housekeeping may remove. */
  const contents = async (): Promise<unknown> => {
    const { events } = await verifyLedger(database.storage);
    const tables = [accountsTable, statementEntriesTable, transfersTable, idempotencyKeysTable, transactionIdsTable];
    const rows = await Promise.all(tables.map((table) => database.storage.table<Row>(table).range({ order: ['_id'] })));
    return { events, rows };
  };

  describe.each(projections.map(({ table }) => table.name))('%s', (table) => {
    it('leaves no event, no key, no transaction id and no row of a transfer', async () => {
      const before = await contents();
      const { ledger } = daybookWith(withBroken(table, () => true));
      const command = commandOf(transferMoney('payer', 'payee', 10n), { transactionId: `broken-${table}` });
      await expect(ledger.submit(command)).rejects.toBe(broken);
      expect(await contents()).toEqual(before);
    });

    it('leaves the key and the transaction id free for a sound retry', async () => {
      const wish = transferMoney('payer', 'payee', 10n);
      const naming = { key: `retried-${table}`, transactionId: `retried-${table}` };
      const { ledger } = daybookWith(withBroken(table, () => true));
      await expect(ledger.submit(commandOf(wish, naming))).rejects.toBe(broken);
      const { replayed } = await sound.ledger.submit(commandOf(wish, naming));
      expect(replayed).toBe(false);
      expect((await sound.ledger.submit(commandOf(wish, naming))).replayed).toBe(true);
    });

    it('spares its neighbours in the batch where it fails on one account only', async () => {
      const prefix = `batch-${table.replaceAll('_', '-')}`;
      const accounts = Array.from({ length: 16 }, (_, index) => `${prefix}-${index}`);
      await Promise.all(accounts.map((id) => sound.ledger.submit(commandOf(openAccount(id, 100n)))));
      const victim = streamOf(`${prefix}-5`);
      const { ledger } = daybookWith(withBroken(table, ({ event }) => event.streamId === victim));
      // Submitted in one turn of the event loop, they are one batch.
      const commands: readonly Command[] = accounts.map((id) => commandOf(transferMoney(id, 'payee', 7n)));
      const outcomes = await Promise.allSettled(commands.map((command) => ledger.submit(command)));
      const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [accounts[index]] : []));
      expect(failed).toEqual([`${prefix}-5`]);
      expect(outcomes[5]).toMatchObject({ status: 'rejected', reason: broken });
      const rows = await database.storage.table(accountsTable).getMany(accounts);
      const balances = Object.fromEntries(rows.map(({ _id, ledgerBalance }) => [_id, ledgerBalance]));
      expect(balances).toEqual(Object.fromEntries(accounts.map((id, index) => [id, index === 5 ? 100n : 93n])));
      expect(await database.storage.events.read(victim, { after: 2, limit: 10 })).toEqual([]);
    });
  });

  it('a command behind a broken one on the same account is decided without it', async () => {
    await sound.ledger.submit(commandOf(openAccount('shared', 100n)));
    const poison = 13n;
    const fails = ({ event }: Change): boolean => 'amount' in event.data && event.data.amount === poison;
    const { ledger } = daybookWith(withBroken('accounts', fails));
    const outcomes = await Promise.allSettled(
      [depositMoney('shared', 5n), depositMoney('shared', poison), withdrawMoney('shared', 105n)].map((wish) =>
        ledger.submit(commandOf(wish)),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const row = await database.storage.table(accountsTable).get('shared');
    expect(row).toMatchObject({ ledgerBalance: 0n, version: 4 });
  });

  it('a rejected command harms no neighbour and leaves nothing', async () => {
    await sound.ledger.submit(commandOf(openAccount('thrifty', 100n)));
    const { ledger } = daybookWith(projections);
    const submit = (amount: bigint): Promise<Outcome> => ledger.submit(commandOf(withdrawMoney('thrifty', amount)));
    const outcomes = await Promise.allSettled([submit(60n), submit(60n), submit(40n)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'INSUFFICIENT_FUNDS' } });
    expect(await database.storage.events.read(streamOf('thrifty'), { after: 0, limit: 10 })).toHaveLength(4);
  });
});
