import { afterEach, describe, expect, inject, it } from 'vitest';
import { threeNodes } from '../../bench/servers/three-node-set.ts';
import { StorageUnavailable } from '../../src/application/ports/storage-errors.ts';
import { findAccount } from '../../src/application/queries/find-account.ts';
import { systemClock } from '../../src/compose.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import { openMongoStorage } from '../../src/storage/mongo/mongo-storage.ts';
import { ledgerOver } from '../contract/fixture.ts';
import { commandOf, openAccount } from '../support/commands.ts';
import { openTestDatabase } from '../support/database.ts';
import { temporaryDirectories } from './local-mongod/support.ts';

// Long enough for a majority to be heard of, and less than the primary takes to notice that it is alone.
const PATIENCE = 3_000;

describe('a primary that is cut off from the others', () => {
  const directories = temporaryDirectories();
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await directories.removeAll();
  });

  const signal = (pids: readonly number[], name: NodeJS.Signals): void =>
    pids.forEach((pid) => process.kill(pid, name));

  it('is not asked for a balance: another may have acknowledged more by then', { timeout: 240_000 }, async () => {
    const set = await threeNodes(await directories.make(), () => Promise.resolve(inject('mongodPath')));
    closing.push(() => set.stop());
    const { connection } = await openTestDatabase(set.uri);
    closing.push(() => connection.close());
    const storage = openMongoStorage(connection, PATIENCE);
    const accountId = 'a' as AccountId;
    const { ledger, drain } = ledgerOver(storage);
    await ledger.submit(commandOf(openAccount('a')));
    await drain();
    const find = findAccount(storage, systemClock);
    expect((await find(accountId)).version).toBe(1);

    const others = set.pids.slice(1);
    signal(others, 'SIGSTOP');
    try {
      // It still answers, and nothing in its answer says that it may be out of date.
      expect((await storage.table(accountsTable).get(accountId))?.version).toBe(1);
      await expect(find(accountId)).rejects.toThrow(StorageUnavailable);
    } finally {
      signal(others, 'SIGCONT');
    }
    const version = (): Promise<unknown> =>
      find(accountId).then(
        (row) => row.version,
        () => undefined,
      );
    await expect.poll(version, { timeout: 60_000 }).toBe(1);
  });
});
