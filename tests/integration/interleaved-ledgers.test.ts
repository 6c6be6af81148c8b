import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/application/commands/command.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { EventStore } from '../../src/application/ports/event-store.ts';
import type { Daybook } from '../../src/compose.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { ledgerOver } from '../contract/fixture.ts';
import { commandOf, depositMoney, openAccount, transferMoney, withdrawMoney } from '../support/commands.ts';
import { verifyLedger } from '../support/verify-ledger.ts';

/** A storage in which the interlude happens as soon as accounts are read for the first time: just before it, or just behind. */
const interrupted = (storage: Storage, when: 'before' | 'behind', interlude: () => Promise<unknown>): Storage => {
  const { events } = storage;
  let isBegun = false;
  const tails: EventStore['tails'] = async (streamIds, foldVersion) => {
    if (isBegun) return events.tails(streamIds, foldVersion);
    isBegun = true;
    if (when === 'before') await interlude();
    const found = await events.tails(streamIds, foldVersion);
    if (when === 'behind') await interlude();
    return found;
  };
  return {
    ...storage,
    events: {
      append: (work, recorded) => events.append(work, recorded),
      get: (eventId) => events.get(eventId),
      read: (streamId, range) => events.read(streamId, range),
      heads: () => events.heads(),
      streamsBehind: (streamId, limit) => events.streamsBehind(streamId, limit),
      movements: (moment) => events.movements(moment),
      reversedTotals: (eventIds) => events.reversedTotals(eventIds),
      reversalsOf: (eventIds) => events.reversalsOf(eventIds),
      tails,
    },
  };
};

describe.each(['before', 'behind'] as const)(
  'a request that another process answers right %s our reading of the accounts',
  (when) => {
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
      const { ledger } = ledgerOver(interrupted(storage, when, () => other.ledger.submit(first)));
      const outcome = await ledger.submit(again());
      expect(outcome.replayed).toBe(true);
      expect(outcome.answer).toEqual((await other.ledger.submit(again())).answer);
      expect((await verifyLedger(storage)).faults).toEqual([]);
    });

    it('another request under the same key is refused for its key', async () => {
      const { storage, other } = await begun();
      const key = randomUUID();
      const taking = commandOf(withdrawMoney('payer', 100n), { key });
      const { ledger } = ledgerOver(interrupted(storage, when, () => other.ledger.submit(taking)));
      const second = ledger.submit(commandOf(withdrawMoney('payer', 99n), { key }));
      await expect(second).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    });
  },
);

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
