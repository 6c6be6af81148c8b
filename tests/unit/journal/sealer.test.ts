import { afterEach, describe, expect, it, vi } from 'vitest';
import type { JournalStore } from '../../../src/application/ports/journal-store.ts';
import { StorageUnavailable } from '../../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { composeSealer } from '../../../src/compose.ts';
import type { Duty } from '../../../src/application/duty.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { append } from '../../contract/fixture.ts';
import { commandOf, depositMoney, openAccount, transferMoney, withdrawMoney } from '../../support/commands.ts';
import { streamUpTo } from '../../support/recorded-events.ts';
import { newSigner, sealerOver } from '../../support/sealers.ts';
import { openTestLedger } from '../../support/test-ledger.ts';
import { verifyJournal } from '../../support/verify-journal.ts';

/** A journal that fails so many times, each time when it has done what it was asked, or before. */
const failing = (storage: Storage, failures: number, isDone: boolean): Storage => {
  let left = failures;
  const insert: JournalStore['insert'] = async (block) => {
    const fails = left > 0;
    left -= 1;
    if (!fails || isDone) await storage.journal.insert(block);
    if (fails) throw new StorageUnavailable('away');
  };
  const { journal } = storage;
  return {
    ...storage,
    journal: {
      insert,
      head: () => journal.head(),
      tokenBehind: (head) => journal.tokenBehind(head),
      from: (position) => journal.from(position),
      hasRecoveredWithin: (blocks) => journal.hasRecoveredWithin(blocks),
      countUpTo: (number) => journal.countUpTo(number),
      positionsOf: (eventIds) => journal.positionsOf(eventIds),
      tile: (place) => journal.tile(place),
      tileRoots: (level, start, end) => journal.tileRoots(level, start, end),
      tilesBeyond: (extents) => journal.tilesBeyond(extents),
      putTiles: (tiles) => journal.putTiles(tiles),
    },
  };
};

describe('the sealer, in memory', () => {
  let sealer: Duty | undefined;

  afterEach(() => sealer?.stop());

  const sealing = (storage: Storage): void => {
    sealer = sealerOver(storage);
    sealer.start();
  };

  const untilSealed = async (storage: Storage, count: number): Promise<void> => {
    await vi.waitUntil(async () => (await storage.journal.head())?.treeSize === count, { timeout: 20_000 });
  };

  it('seals what commands record, whatever it is', async () => {
    const storage = openMemoryStorage();
    const { ledger, drain } = openTestLedger({ storage });
    sealing(storage);
    await ledger.submit(commandOf(openAccount('alice', 1_000n)));
    await ledger.submit(commandOf(openAccount('bob'), { key: 'a key', transactionId: 'a transaction' }));
    await Promise.all([
      ledger.submit(commandOf(depositMoney('alice', 5n))),
      ledger.submit(commandOf(withdrawMoney('alice', 5n))),
      ledger.submit(commandOf(transferMoney('alice', 'bob', 10n))),
    ]);
    await untilSealed(storage, 7);
    expect(await verifyJournal(storage)).toEqual([]);
    await drain();
  });

  it.each([
    ['before', false],
    ['behind', true],
  ])('goes on when the store failed %s a block was there', async (_, isDone) => {
    const storage = openMemoryStorage();
    await append(storage, streamUpTo('a', 300));
    sealing(failing(storage, 3, isDone));
    await append(storage, streamUpTo('b', 2_500));
    await untilSealed(storage, 2_800);
    await append(storage, streamUpTo('c', 1));
    await untilSealed(storage, 2_801);
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('goes on under another key, and says so: each block names the key that it is signed with', async () => {
    const storage = openMemoryStorage();
    await append(storage, streamUpTo('a', 2));
    sealing(storage);
    await untilSealed(storage, 2);
    await sealer?.stop();
    const before = (await storage.journal.head())?.verifierKey;
    const warnings: object[] = [];
    const log = { info: () => undefined, warn: (fields: object) => warnings.push(fields), error: () => undefined };
    sealer = composeSealer(storage, { signer: newSigner() }, log);
    sealer.start();
    await append(storage, streamUpTo('b', 2));
    await untilSealed(storage, 4);
    const now = (await storage.journal.head())?.verifierKey;
    expect(now).not.toBe(before);
    expect(warnings).toEqual([{ before, now }]);
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('seals nothing more once it is stopped, and begins again where it is started again', async () => {
    const storage = openMemoryStorage();
    sealing(storage);
    await append(storage, streamUpTo('a', 3));
    await untilSealed(storage, 3);
    await sealer?.stop();
    await append(storage, streamUpTo('b', 3));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await storage.journal.head())?.treeSize).toBe(3);
    sealer?.start();
    sealer?.start();
    await untilSealed(storage, 6);
    expect(await verifyJournal(storage)).toEqual([]);
  });
});
