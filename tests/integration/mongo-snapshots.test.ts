import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accountAt } from '../../src/application/replay/account-history.ts';
import { FOLD_VERSION } from '../../src/domain/account/evolve.ts';
import { append, ledgerOver } from '../contract/fixture.ts';
import { snapshotAt } from '../contract/snapshot-contract.ts';
import { commandOf, depositMoney, openAccount, withdrawMoney } from '../support/commands.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { type MonitoredStorage, openMonitoredStorage } from '../support/monitored-storage.ts';
import { streamOf, streamUpTo } from '../support/recorded-events.ts';

type SnapshotDocument = { _id: string; version: number; foldVersion: number; state: string; stateHash: string };

describe('snapshots of a long history', () => {
  let database: TestDatabase;
  let monitored: MonitoredStorage;

  beforeAll(async () => {
    database = await openTestDatabase();
    monitored = await openMonitoredStorage(database.uri);
  });
  afterEach(() => monitored.forget());
  afterAll(async () => {
    await monitored.close();
    await database.drop();
  });

  const collection = () => database.connection.collection<SnapshotDocument>('snapshots');

  const versionsOf = async (accountId: string): Promise<readonly number[]> => {
    const found = await collection()
      .find({ streamId: streamOf(accountId) })
      .sort({ version: 1 })
      .toArray();
    return found.map(({ version }) => version);
  };

  /** A history that was written without any snapshot: each process that wrote one was killed just before. */
  const withoutSnapshots = async (accountId: string, last: number): Promise<void> => {
    const events = streamUpTo(accountId, last);
    for (let start = 0; start < events.length; start += 500) {
      await append(database.storage, events.slice(start, start + 500));
    }
  };

  /** One deposit by a process that has never seen the account, and the events that it had to read for that. */
  const coldDeposit = async (accountId: string): Promise<number> => {
    const cold = ledgerOver(monitored.storage);
    monitored.forget();
    await cold.ledger.submit(commandOf(depositMoney(accountId, 1n)));
    await cold.drain();
    const replies = monitored.succeeded.filter(({ commandName }) => ['aggregate', 'find'].includes(commandName));
    const batches = replies.flatMap(
      ({ reply }) =>
        (reply as { cursor: { firstBatch: { events?: unknown[]; streamId?: string }[] } }).cursor.firstBatch,
    );
    return batches.reduce((sum, document) => sum + (document.events?.length ?? 1), 0);
  };

  it('stand at every hundredth version after a thousand events, and a cold start reads no more than a hundred', async () => {
    const warm = ledgerOver(database.storage);
    await warm.ledger.submit(commandOf(openAccount('long')));
    const deposits = Array.from({ length: 1_098 }, () => commandOf(depositMoney('long', 1n)));
    await Promise.all(deposits.map((command) => warm.ledger.submit(command)));
    await warm.drain();
    expect(await versionsOf('long')).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
    // The worst place: 99 events behind the last snapshot.
    expect(await coldDeposit('long')).toBe(99);
    const { account } = await accountAt(database.storage, streamOf('long'));
    expect(account).toMatchObject({ version: 1_100, ledgerBalance: 1_099n });
  });

  it('missing ones are made good by the first to load the account', async () => {
    await withoutSnapshots('missing', 1_050);
    expect(await versionsOf('missing')).toEqual([]);
    await coldDeposit('missing');
    expect(await versionsOf('missing')).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
    expect(await coldDeposit('missing')).toBeLessThanOrEqual(100);
  });

  const damages: readonly (readonly [string, (snapshot: SnapshotDocument) => Partial<SnapshotDocument>])[] = [
    ['with another balance', ({ state }) => ({ state: state.replace(/"ledgerBalance":"\d+"/, '"ledgerBalance":"1"') })],
    ['cut short', ({ state }) => ({ state: state.slice(0, 20) })],
    ['with a hash that is none', () => ({ stateHash: 'x' })],
    ['of another fold version', () => ({ foldVersion: FOLD_VERSION + 1 })],
  ];

  it.each(damages)('one %s is not used, and is replaced', async (name, damage) => {
    const accountId = `damaged-${name.replaceAll(' ', '-')}`;
    await withoutSnapshots(accountId, 250);
    await coldDeposit(accountId);
    const _id = `${streamOf(accountId)}/200`;
    const good = await collection().findOne({ _id });
    if (!good) throw new Error('no snapshot to damage');
    await collection().updateOne({ _id }, { $set: damage(good) });

    const ledger = ledgerOver(database.storage);
    const refused = ledger.ledger.submit(commandOf(withdrawMoney(accountId, 251n)));
    await expect(refused).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    const history = await ledger.queries.findAccount(accountId as never, { version: 251 });
    expect(history.ledgerBalance).toBe(250n);
    await ledger.ledger.submit(commandOf(withdrawMoney(accountId, 250n)));
    await ledger.drain();
    expect(await collection().findOne({ _id })).toEqual(good);
  });

  it('one ahead of the log is not used, and is replaced when the log gets there', async () => {
    const events = streamUpTo('ahead', 200);
    await append(database.storage, events.slice(0, 150));
    const ahead = snapshotAt(events, 200);
    await database.storage.snapshots.put([ahead]);

    const { ledger, queries, drain } = ledgerOver(database.storage);
    await ledger.submit(commandOf(withdrawMoney('ahead', 149n)));
    await expect(queries.findAccount('ahead' as never, { version: 200 })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
    });
    const deposits = Array.from({ length: 60 }, () => commandOf(depositMoney('ahead', 1n)));
    await Promise.all(deposits.map((command) => ledger.submit(command)));
    await drain();
    const replaced = await collection().findOne({ _id: `${streamOf('ahead')}/200` });
    expect(replaced?.stateHash).not.toBe(ahead.stateHash);
    const { account } = await accountAt(database.storage, streamOf('ahead'));
    expect(account).toMatchObject({ version: 211, ledgerBalance: 60n });
  });
});
