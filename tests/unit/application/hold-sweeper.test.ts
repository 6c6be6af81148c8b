import { afterEach, describe, expect, it, vi } from 'vitest';
import { Duty } from '../../../src/application/duty.ts';
import { HoldSweeper, type SweeperParts } from '../../../src/application/holds/hold-sweeper.ts';
import { LedgerError } from '../../../src/application/commit/ledger-error.ts';
import { type TestLedger, openTestLedger, signal } from '../../support/test-ledger.ts';
import { ALICE, eur, MINUTE } from '../../support/facts.ts';
import { openAccount, placeHold } from '../../support/wishes.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A ledger with this many holds that are due. */
const withDue = async (count: number): Promise<TestLedger> => {
  const ledger = openTestLedger();
  await ledger.submit(openAccount({ initialDeposit: { amount: 1_000n } }));
  const expiresAt = ledger.clock.now() + MINUTE;
  for (let hold = 0; hold < count; hold += 1) {
    await ledger.submit(placeHold(eur(1n), { holdId: `hold-${hold}`, expiresAt }));
  }
  ledger.clock.move(MINUTE);
  return ledger;
};

describe('the sweeper', () => {
  let sweeper: Duty | undefined;

  afterEach(() => sweeper?.stop());

  const sweep = (ledger: TestLedger, parts: Partial<SweeperParts> = {}): Duty => {
    const runner = new HoldSweeper({
      ledger: ledger.ledger,
      storage: ledger.storage,
      clock: ledger.clock,
      log: silent,
      ...parts,
    });
    sweeper = new Duty(runner);
    sweeper.start();
    return sweeper;
  };

  const heldOf = async ({ queries }: TestLedger): Promise<bigint> =>
    (await queries.findAccount(ALICE as never)).heldAmount;

  it('ends what is due at this very millisecond, as the ledger itself', async () => {
    const ledger = await withDue(1);
    sweep(ledger);
    await vi.waitUntil(async () => (await heldOf(ledger)) === 0n);
    expect(ledger.commits.at(-1)).toMatchObject([
      { type: 'HoldExpired', metadata: { command: 'ExpireHold', actor: 'daybook' }, effectiveAt: ledger.clock.now() },
    ]);
  });

  it('goes on with the others where one cannot be ended, and says so once a round', async () => {
    const ledger = await withDue(150);
    const error = vi.fn();
    const submit: SweeperParts['ledger']['submit'] = (command) => {
      const isStuck = command.wish.type === 'ExpireHold' && command.wish.holdId === 'hold-0';
      return isStuck ? Promise.reject(new LedgerError('UNAVAILABLE')) : ledger.ledger.submit(command);
    };
    sweep(ledger, { ledger: { submit }, log: { ...silent, error } });
    await vi.waitUntil(async () => (await heldOf(ledger)) === 1n);
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('tries again where the store was away', { timeout: 20_000 }, async () => {
    const ledger = await withDue(1);
    let isAway = true;
    const table: TestLedger['storage']['table'] = (name) => {
      if (isAway) throw new Error('away');
      return ledger.storage.table(name);
    };
    const error = vi.fn(() => void (isAway = false));
    sweep(ledger, { storage: { table }, log: { ...silent, error } });
    await vi.waitUntil(async () => (await heldOf(ledger)) === 0n, { timeout: 10_000 });
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('stops when what it has submitted has its outcome, and submits nothing more', async () => {
    const ledger = await withDue(1);
    const { given, give } = signal();
    const submit = vi.fn(async () => {
      await given;
      throw new LedgerError('UNAVAILABLE');
    });
    const running = sweep(ledger, { ledger: { submit } });
    await vi.waitUntil(() => submit.mock.calls.length === 1);
    let isStopped = false;
    const stopped = running.stop().then(() => (isStopped = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isStopped).toBe(false);
    give();
    await stopped;
    expect(submit).toHaveBeenCalledTimes(1);
  });

  it('can be started twice, stopped twice, and started again', async () => {
    const ledger = await withDue(1);
    const running = sweep(ledger);
    running.start();
    await Promise.all([running.stop(), running.stop()]);
    await ledger.submit(placeHold(eur(1n), { holdId: 'late', expiresAt: ledger.clock.now() + 1 }));
    ledger.clock.move(1);
    running.start();
    await vi.waitUntil(async () => (await heldOf(ledger)) === 0n);
  });
});
