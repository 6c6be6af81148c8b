import { describe, expect, it } from 'vitest';
import { accountAt } from '../../src/application/replay/account-history.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import { FOLD_VERSION } from '../../src/domain/account/evolve.ts';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import { commandOf, depositMoney, withdrawMoney } from '../support/commands.ts';
import { accountOpenedAtSchemaVersion1, moneyDeposited, streamOf } from '../support/recorded-events.ts';
import { append, ledgerOver, type Under } from './fixture.ts';

/** An event as an earlier release wrote it is read in today's shape, whichever way it is read. */
export const historyContract = (under: Under): void => {
  describe('an account opened before there were overdrafts', () => {
    it('is lifted by every read of the store', async () => {
      const { storage, writeRaw } = under();
      const old = accountOpenedAtSchemaVersion1('old-read');
      await writeRaw(old);
      const lifted = { ...old, schemaVersion: 2, data: { ...old.data, overdraftLimit: 0n } };
      const streamId = streamOf('old-read');
      expect(await storage.events.get(old.eventId)).toStrictEqual(lifted);
      expect(await storage.events.read(streamId, { after: 0, limit: 10 })).toStrictEqual([lifted]);
      const tails = await storage.events.tails([streamId], FOLD_VERSION);
      expect(tails.get(streamId)?.events).toStrictEqual([lifted]);
    });

    it('takes commands like any other', async () => {
      const { storage, writeRaw } = under();
      await writeRaw(accountOpenedAtSchemaVersion1('old-used'));
      const daybook = ledgerOver(storage);
      await daybook.ledger.submit(commandOf(depositMoney('old-used', 100n)));
      await expect(daybook.ledger.submit(commandOf(withdrawMoney('old-used', 101n)))).rejects.toMatchObject({
        code: 'INSUFFICIENT_FUNDS',
      });
      await daybook.ledger.submit(commandOf(withdrawMoney('old-used', 40n)));
      const row = await storage.table(accountsTable).get('old-used');
      expect(row).toMatchObject({ ledgerBalance: 60n, overdraftLimit: 0n, availableBalance: 60n, version: 3 });
      await daybook.drain();
    });

    it('is replayed at any version', async () => {
      const { storage, writeRaw } = under();
      await writeRaw(accountOpenedAtSchemaVersion1('old-replayed'));
      await append(storage, [moneyDeposited('old-replayed', 2, 5n)]);
      const opened = await accountAt(storage, streamOf('old-replayed'), { version: 1 });
      expect(opened.account).toMatchObject({ status: 'active', overdraftLimit: 0n, ledgerBalance: 0n });
      const daybook = ledgerOver(storage);
      const found = await daybook.queries.findAccount('old-replayed' as AccountId, { version: 2 });
      expect(found).toMatchObject({ ledgerBalance: 5n, overdraftLimit: 0n });
      await daybook.drain();
    });
  });

  it('refuses an event that a newer release wrote, and leaves every other stream usable', async () => {
    const { storage, writeRaw } = under();
    const old = accountOpenedAtSchemaVersion1('from-the-future');
    await writeRaw({ ...old, schemaVersion: 99 });
    await expect(storage.events.get(old.eventId)).rejects.toMatchObject({ name: 'UnknownEventShape' });
    const daybook = ledgerOver(storage);
    await writeRaw(accountOpenedAtSchemaVersion1('from-the-past'));
    const [future, past] = await Promise.allSettled(
      ['from-the-future', 'from-the-past'].map((id) => daybook.ledger.submit(commandOf(depositMoney(id, 1n)))),
    );
    expect(future).toMatchObject({ status: 'rejected', reason: { name: 'UnknownEventShape' } });
    expect(past?.status).toBe('fulfilled');
    await daybook.drain();
  });
};
