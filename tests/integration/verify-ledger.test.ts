import { beforeEach, describe, expect, it } from 'vitest';
import { idempotencyKeysTable } from '../../src/application/commit/claims.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import { transfersTable } from '../../src/projections/transfers/transfers.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { append, ledgerOver, write } from '../contract/fixture.ts';
import { commandOf, openAccount, transferMoney } from '../support/commands.ts';
import { moneyDeposited, recorded } from '../support/recorded-events.ts';
import { verifyLedger } from '../support/verify-ledger.ts';

/** The other tests trust this judge, so it has to see what is wrong. */
describe('the judge of a ledger', () => {
  let storage: Storage;

  beforeEach(async () => {
    storage = openMemoryStorage();
    const { ledger } = ledgerOver(storage);
    await ledger.submit(commandOf(openAccount('a', 100n), { key: 'opening' }));
    await ledger.submit(commandOf(openAccount('b')));
    await ledger.submit(commandOf(transferMoney('a', 'b', 30n, 'transfer')));
  });

  const complaints = async (): Promise<string> => (await verifyLedger(storage)).faults.join('\n');

  it('finds nothing wrong with a sound one', async () => {
    expect(await complaints()).toBe('');
  });

  it('sees a changed cell, a row too many, and an event without its row', async () => {
    await write(storage, accountsTable, [{ kind: 'patch', id: 'a', set: { ledgerBalance: 71n } }]);
    expect(await complaints()).toMatch(/accounts a: .*\nthe balances are 101, the postings 100/);
    const row = await storage.table(transfersTable).get('transfer');
    if (!row) throw new Error('no transfer');
    await write(storage, transfersTable, [{ kind: 'insert', row: { ...row, _id: 'ghost' } }]);
    expect(await complaints()).toContain('transfers ghost: events say undefined');
    await append(storage, [moneyDeposited('b', 3, 1n)]);
    expect(await complaints()).toContain('accounts b: ');
  });

  it('sees half a transfer, a hole in the versions, an overdrawn account', async () => {
    const [sent] = await storage.events.read('account-a' as never, { after: 2, limit: 1 });
    if (sent?.type !== 'TransferSent') throw new Error('no transfer');
    await append(storage, [recorded('a', 5, { type: 'TransferSent', data: { ...sent.data, amount: 500n as never } })]);
    const found = await complaints();
    expect(found).toContain('transfer transfer is there by half');
    expect(found).toContain('version 5 stands at place 4');
    expect(found).toContain('overdrawn at version 5');
  });

  it('sees a key that counted twice, or not at all', async () => {
    const [opened] = await storage.events.read('account-a' as never, { after: 0, limit: 1 });
    if (!opened) throw new Error('no opening');
    await append(storage, [moneyDeposited('a', 4, 1n, { metadata: opened.metadata })]);
    expect(await complaints()).toContain('the key anonymous opening names other events');
    const row = await storage.table(idempotencyKeysTable).get('anonymous opening');
    if (!row) throw new Error('no key');
    await write(storage, idempotencyKeysTable, [{ kind: 'insert', row: { ...row, _id: 'anonymous ghost' } }]);
    expect(await complaints()).toContain('the key anonymous ghost names other events');
  });
});
