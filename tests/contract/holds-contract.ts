import { describe, expect, it } from 'vitest';
import type { Wish } from '../../src/application/commands/command.ts';
import { Duty } from '../../src/application/duty.ts';
import { HoldSweeper } from '../../src/application/holds/hold-sweeper.ts';
import type { Clock } from '../../src/application/ports/clock.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { Daybook } from '../../src/compose.ts';
import { type AccountId, streamIdOf } from '../../src/domain/account/account-id.ts';
import type { HoldId } from '../../src/domain/hold/hold-id.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { holdsTable } from '../../src/projections/holds/holds.ts';
import { projections } from '../../src/projections/index.ts';
import { Rebuild } from '../../src/application/replay/rebuild.ts';
import { commandOf, eur, openAccount } from '../support/commands.ts';
import { ledgerOver, type Under, write } from './fixture.ts';

const HOUR = 3_600_000;

/** A clock that goes on, ahead of the real one by as much as it was moved. */
class MovedClock implements Clock {
  #ahead = 0;

  readonly now = () => instant(Date.now() + this.#ahead);

  move(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

type Bank = Daybook & { readonly clock: MovedClock; readonly storage: Storage };

const bankOver = (storage: Storage): Bank => {
  const clock = new MovedClock();
  return { ...ledgerOver(storage, { clock }), clock, storage };
};

const named = (account: string, hold: string) => ({ accountId: account as AccountId, holdId: hold as HoldId });

const place = (account: string, hold: string, amount: bigint, expiresAt?: number): Wish => {
  const expiry = expiresAt !== undefined && { expiresAt: instant(expiresAt) };
  return { type: 'PlaceHold', ...named(account, hold), money: eur(amount), ...expiry };
};

const submit = ({ ledger }: Bank, ...wishes: readonly Wish[]): Promise<unknown> =>
  Promise.all(wishes.map((wish) => ledger.submit(commandOf(wish))));

const statusesOf = async ({ queries }: Bank, account: string): Promise<readonly string[]> => {
  const rows = await queries.listHolds(account as AccountId, { limit: 1_000 });
  return rows.map(({ holdId, status }) => `${holdId} ${status}`);
};

const typesOf = async ({ storage }: Bank, account: string): Promise<readonly string[]> => {
  const events = await storage.events.read(streamIdOf(account as AccountId), { after: 0, limit: 10_000 });
  return events.map(({ type }) => type);
};

/** Sweeps until nothing of this account is open, at most ten seconds. */
const sweepAll = async (bank: Bank, account: string): Promise<void> => {
  const sweeper = new Duty(new HoldSweeper({ ...bank, log: silent }));
  sweeper.start();
  const isOpen = async (): Promise<number> =>
    (await bank.queries.listHolds(account as AccountId, { status: 'placed', limit: 1 })).length;
  await expect.poll(isOpen, { timeout: 30_000, interval: 20 }).toBe(0);
  await sweeper.stop();
};

/** What is reserved, as it is kept, and how it ends by itself. */
export const holdsContract = (under: Under): void => {
  describe('holds', () => {
    it('are listed in the order in which they were placed, by status, page by page', async () => {
      const bank = bankOver(under().storage);
      await submit(bank, openAccount('h-list', 100n));
      await submit(bank, ...['z', 'b', 'y', 'a'].map((hold) => place('h-list', hold, 1n)));
      await submit(bank, { type: 'ReleaseHold', ...named('h-list', 'b') });
      await submit(bank, { type: 'CaptureHold', ...named('h-list', 'y') });
      expect(await statusesOf(bank, 'h-list')).toEqual(['z placed', 'b released', 'y captured', 'a placed']);
      const list = (page: object) => bank.queries.listHolds('h-list' as AccountId, { limit: 2, ...page });
      expect((await list({})).map(({ holdId }) => holdId)).toEqual(['z', 'b']);
      expect((await list({ after: 4 })).map(({ holdId }) => holdId)).toEqual(['y', 'a']);
      expect((await list({ status: 'placed' })).map(({ holdId }) => holdId)).toEqual(['z', 'a']);
      expect((await list({ status: 'placed', after: 3 })).map(({ holdId }) => holdId)).toEqual(['a']);
      expect(await list({ status: 'expired' })).toEqual([]);
    });

    it('have an id that counts once, whoever asks and whatever became of it', async () => {
      const { storage } = under();
      const [bank, other] = [bankOver(storage), bankOver(storage)];
      await submit(bank, openAccount('h-once', 100n), openAccount('h-twin', 100n));
      await submit(bank, place('h-once', 'same', 1n));
      // The same name on another account is another hold.
      await submit(other, place('h-twin', 'same', 1n));
      await submit(bank, { type: 'ReleaseHold', ...named('h-once', 'same') });
      for (const asked of [bank, other]) {
        await expect(submit(asked, place('h-once', 'same', 1n))).rejects.toMatchObject({ code: 'HOLD_ALREADY_EXISTS' });
        await expect(submit(asked, { type: 'CaptureHold', ...named('h-once', 'same') })).rejects.toMatchObject({
          code: 'HOLD_NOT_OPEN',
          details: { holdStatus: 'released' },
        });
      }
    });

    it('are placed, ended and refused in one batch, each on what those before it leave behind', async () => {
      const bank = bankOver(under().storage);
      await submit(bank, openAccount('h-batch', 10n));
      const both = named('h-batch', 'h');
      const asked = [place('h-batch', 'h', 4n), { type: 'CaptureHold', ...both }, place('h-batch', 'h', 1n)] as const;
      await expect(bank.ledger.submitTogether(asked.map((wish) => commandOf(wish)))).rejects.toMatchObject({
        index: 2,
        rejection: { code: 'HOLD_ALREADY_EXISTS' },
      });
      expect(await typesOf(bank, 'h-batch')).toEqual(['AccountOpened', 'MoneyDeposited']);
      const outcomes = await Promise.allSettled(
        [...asked, { type: 'ReleaseHold' as const, ...both }].map((wish) => bank.ledger.submit(commandOf(wish))),
      );
      expect(
        outcomes.map((one) => (one.status === 'rejected' ? (one.reason as { code: string }).code : 'done')),
      ).toEqual(['done', 'done', 'HOLD_ALREADY_EXISTS', 'HOLD_NOT_OPEN']);
      expect(await statusesOf(bank, 'h-batch')).toEqual(['h captured']);
    });

    it('expire when they are due, each once, also with two sweepers at work; others stay', async () => {
      const bank = bankOver(under().storage);
      const accounts = ['h-due-1', 'h-due-2', 'h-due-3'];
      await submit(bank, ...accounts.map((account) => openAccount(account, 1_000n)), openAccount('h-later', 10n));
      const due = bank.clock.now() + HOUR;
      // More than are looked at together.
      for (const account of accounts) {
        await submit(bank, ...Array.from({ length: 90 }, (_, index) => place(account, `h-${index}`, 1n, due)));
      }
      await submit(bank, place('h-later', 'later', 1n, due + HOUR), place('h-later', 'never', 1n));
      bank.clock.move(HOUR + 60_000);
      await Promise.all(accounts.map((account) => sweepAll(bank, account)));
      for (const account of accounts) {
        const types = await typesOf(bank, account);
        expect(types.filter((type) => type === 'HoldExpired')).toHaveLength(90);
        const found = await bank.queries.findAccount(account as AccountId);
        expect(found).toMatchObject({ heldAmount: 0n, availableBalance: 1_000n, version: 182 });
      }
      expect(await statusesOf(bank, 'h-later')).toEqual(['later placed', 'never placed']);
    });

    it('expire on a frozen account, and not where they ended otherwise before', async () => {
      const bank = bankOver(under().storage);
      await submit(bank, openAccount('h-frozen', 10n));
      const due = bank.clock.now() + HOUR;
      await submit(bank, place('h-frozen', 'left', 1n, due), place('h-frozen', 'taken', 1n, due));
      await submit(bank, { type: 'CaptureHold', ...named('h-frozen', 'taken') });
      await submit(bank, { type: 'FreezeAccount', accountId: 'h-frozen' as AccountId, reason: 'r' });
      bank.clock.move(HOUR + 60_000);
      await sweepAll(bank, 'h-frozen');
      expect(await statusesOf(bank, 'h-frozen')).toEqual(['left expired', 'taken captured']);
      expect(await typesOf(bank, 'h-frozen')).toHaveLength(7);
    });

    it('are rebuilt from the events, and mended where they are not what the events give', async () => {
      const { storage } = under();
      const bank = bankOver(storage);
      await submit(bank, openAccount('h-built', 10n));
      await submit(bank, place('h-built', 'a', 1n, bank.clock.now() + HOUR), place('h-built', 'b', 2n));
      await submit(bank, { type: 'CaptureHold', ...named('h-built', 'b'), amount: eur(1n).amount });
      const shadow = await storage.openShadow(projections.map(({ table }) => table));
      const rebuild = new Rebuild(storage, { ...shadow, transactionally: storage.transactionally }, projections);
      const one = async function* () {
        yield await Promise.resolve(streamIdOf('h-built' as AccountId));
      };
      await rebuild.fill(one(), () => undefined);
      const compare = () => rebuild.compare('h-built' as AccountId, () => undefined);
      expect(await compare()).toEqual([]);
      const [open, ended] = await bank.queries.listHolds('h-built' as AccountId, { limit: 2 });
      if (!open || !ended) throw new Error('no holds');
      await write(storage, holdsTable, [
        { kind: 'patch', id: open._id, set: { status: 'released' } },
        {
          kind: 'insert',
          row: { ...ended, _id: 'h-built/ghost', holdId: 'ghost', placedVersion: 99, placedEventId: 'x' },
        },
      ]);
      const differences = await compare();
      expect(differences.map(({ id, kind }) => `${id} ${kind}`).sort()).toEqual([
        'h-built/a different',
        'h-built/ghost unexpected',
      ]);
      expect(await rebuild.switchOver(differences)).toEqual([]);
      expect(await statusesOf(bank, 'h-built')).toEqual(['a placed', 'b captured']);
      await shadow.drop();
    });
  });
};
