import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { idempotencyKeysTable } from '../../src/application/commit/claims.ts';
import type { Command } from '../../src/application/commands/command.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { Row, Table, TableName } from '../../src/application/ports/table.ts';
import type { Daybook } from '../../src/compose.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { ledgerOver } from '../contract/fixture.ts';
import { commandOf, depositMoney, openAccount, transferMoney, withdrawMoney } from '../support/commands.ts';
import { verifyLedger } from '../support/verify-ledger.ts';

/**
 * A storage that answers the first look at the idempotency keys, then lets the interlude happen, and only then answers any other
 * read: the worst moment for somebody else to commit.
 */
const interruptedBehindKeys = (storage: Storage, interlude: () => Promise<unknown>): Storage => {
  let over = (): void => undefined;
  let isBegun = false;
  const done = new Promise<void>((resolve) => (over = resolve));
  const behindInterlude = async <T>(read: () => Promise<T>): Promise<T> => {
    await done;
    return read();
  };
  const keysTable = <R extends Row>(table: Table<R>): Table<R> => ({
    get: (id) => table.get(id),
    range: (query) => table.range(query),
    write: (work, writes) => table.write(work, writes),
    getMany: async (ids) => {
      const rows = await table.getMany(ids);
      if (isBegun) return rows;
      isBegun = true;
      await interlude();
      over();
      return rows;
    },
  });
  const laterTable = <R extends Row>(table: Table<R>): Table<R> => ({
    get: (id) => table.get(id),
    range: (query) => table.range(query),
    write: (work, writes) => table.write(work, writes),
    getMany: (ids) => behindInterlude(() => table.getMany(ids)),
  });
  const { events } = storage;
  return {
    ...storage,
    table: <R extends Row>(name: TableName<R>): Table<R> =>
      name.name === idempotencyKeysTable.name ? keysTable(storage.table(name)) : laterTable(storage.table(name)),
    events: {
      append: (work, recorded) => events.append(work, recorded),
      get: (eventId) => events.get(eventId),
      read: (streamId, range) => events.read(streamId, range),
      heads: () => events.heads(),
      tails: (streamIds, foldVersion) => behindInterlude(() => events.tails(streamIds, foldVersion)),
      reversedTotals: (eventIds) => behindInterlude(() => events.reversedTotals(eventIds)),
    },
  };
};

describe('a request that another process answers while this one is reading', () => {
  const begun = async (): Promise<{ storage: Storage; other: Daybook }> => {
    const storage = openMemoryStorage();
    const other = ledgerOver(storage);
    await other.ledger.submit(commandOf(openAccount('payer', 100n)));
    await other.ledger.submit(commandOf(openAccount('payee')));
    return { storage, other };
  };

  it.each([
    ['an opening', openAccount('new')],
    ['a withdrawal of all there is', withdrawMoney('payer', 100n)],
    ['a transfer of all there is', transferMoney('payer', 'payee', 100n)],
    ['a deposit', depositMoney('payer', 1n)],
  ] as const)('%s gets the answer of the first, and not a rejection caused by itself', async (_, wish) => {
    const { storage, other } = await begun();
    const naming = { key: randomUUID(), transactionId: 'tx-1' };
    // Like a retry over another connection: the same request, with event ids of its own.
    const again = (): Command => commandOf(wish, naming);
    const first = again();
    const { ledger } = ledgerOver(interruptedBehindKeys(storage, () => other.ledger.submit(first)));
    const outcome = await ledger.submit(again());
    expect(outcome.replayed).toBe(true);
    expect(outcome.answer).toEqual((await other.ledger.submit(again())).answer);
    expect((await verifyLedger(storage)).faults).toEqual([]);
  });

  it('another request under the same key is refused for its key', async () => {
    const { storage, other } = await begun();
    const key = randomUUID();
    const taking = commandOf(withdrawMoney('payer', 100n), { key });
    const { ledger } = ledgerOver(interruptedBehindKeys(storage, () => other.ledger.submit(taking)));
    const second = ledger.submit(commandOf(withdrawMoney('payer', 99n), { key }));
    await expect(second).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });
});

describe('a command that comes in just when the last batch ends', () => {
  // How many steps a caller takes between an answer and its next command is its own affair.
  it.each(Array.from({ length: 12 }, (_, steps) => steps))('is committed at once, %i steps behind', async (steps) => {
    const { ledger } = ledgerOver(openMemoryStorage());
    await ledger.submit(commandOf(openAccount('payer', 100n)));
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    const settled = ledger.submit(commandOf(depositMoney('payer', 1n))).then(() => 'settled');
    expect(await Promise.race([settled, sleep(1_000, 'left waiting')])).toBe('settled');
  });
});
