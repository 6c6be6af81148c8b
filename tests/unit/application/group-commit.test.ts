import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eur } from '../../support/facts.ts';
import { openTestLedger, signal } from '../../support/test-ledger.ts';
import { closeAccount, depositMoney, openAccount, transferMoney, withdrawMoney } from '../../support/wishes.ts';

const accounts = ['a', 'b', 'c', 'd', 'e'];

/** A ledger whose first commit after the accounts are open waits until it is let go. */
const openHeldLedger = async (limits: Parameters<typeof openTestLedger>[0] & object = {}) => {
  const { given: letGo, give: release } = signal();
  const { given: held, give: hold } = signal();
  let isOpen = false;
  const test = openTestLedger({
    ...limits,
    interference: {
      beforeCommit: async () => {
        if (!isOpen) return;
        hold();
        await letGo;
      },
    },
  });
  await test.submit(openAccount({ initialDeposit: { amount: 10n } }));
  isOpen = true;
  return { ...test, held, release };
};

describe('commands that arrive together', () => {
  it('share one transaction', async () => {
    const { submit, commits } = openTestLedger();
    await Promise.all(accounts.map((accountId) => submit(openAccount({ accountId }))));
    expect(commits.map((events) => events.length)).toStrictEqual([5]);
  });

  it('are decided in arrival order, each on what those before it leave behind', async () => {
    const { submit } = openTestLedger();
    const outcomes = await Promise.allSettled([
      submit(withdrawMoney(eur(1n))),
      submit(openAccount()),
      submit(depositMoney(eur(10n))),
      submit(withdrawMoney(eur(11n))),
      submit(withdrawMoney(eur(10n))),
      submit(closeAccount()),
      submit(depositMoney(eur(1n))),
    ]);
    const answers = outcomes.map((it) =>
      it.status === 'fulfilled' ? it.value.answer.body : (it.reason as Error).message,
    );
    expect(answers).toStrictEqual([
      'ACCOUNT_NOT_FOUND',
      'alice v1 0',
      'alice v2 10',
      'INSUFFICIENT_FUNDS',
      'alice v3 0',
      'alice v4 0',
      'ACCOUNT_CLOSED',
    ]);
  });

  it('fill batches of the limit, in order', async () => {
    const { submit, commits } = openTestLedger({ limits: { DAYBOOK_BATCH_LIMIT: 2 } });
    await Promise.all(accounts.map((accountId) => submit(openAccount({ accountId }))));
    expect(commits.map((events) => events.map(({ streamId }) => streamId))).toStrictEqual([
      ['account-a', 'account-b'],
      ['account-c', 'account-d'],
      ['account-e'],
    ]);
  });

  it('form the next batch while one is being committed', async () => {
    const { submit, commits, held, release } = await openHeldLedger();
    const first = submit(depositMoney(eur(1n)));
    await held;
    const others = [submit(depositMoney(eur(2n))), submit(depositMoney(eur(3n)))];
    release();
    await Promise.all([first, ...others]);
    expect(commits.map((events) => events.length)).toStrictEqual([2, 1, 2]);
  });

  it('write nothing where all of them are rejected', async () => {
    const { submit, commits } = openTestLedger();
    await Promise.allSettled([submit(depositMoney(eur(1n))), submit(closeAccount())]);
    expect(commits).toStrictEqual([]);
  });

  it('do not suffer from a neighbour that is rejected', async () => {
    const { submit, balanceOf } = openTestLedger();
    await submit(openAccount({ initialDeposit: { amount: 10n } }));
    await submit(openAccount({ accountId: 'bob' }));
    const [one, two, three] = await Promise.allSettled([
      submit(transferMoney(eur(4n), { transferId: 't-1' })),
      submit(transferMoney(eur(7n), { transferId: 't-2' })),
      submit(transferMoney(eur(6n), { transferId: 't-3' })),
    ]);
    expect([one.status, two.status, three.status]).toStrictEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([await balanceOf('alice'), await balanceOf('bob')]).toStrictEqual([0n, 10n]);
  });

  it('record nothing of a rejected command, whose key and ids stay free', async () => {
    const { submit, storage } = openTestLedger();
    await submit(openAccount());
    const asked = { key: 'k', transactionId: 'tx' };
    await expect(submit(withdrawMoney(eur(1n)), asked)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await submit(depositMoney(eur(1n)));
    await expect(submit(withdrawMoney(eur(1n)), asked)).resolves.toMatchObject({ replayed: false });
    await expect(storage.table({ name: 'transaction_ids' }).get('tx')).resolves.toBeDefined();
  });
});

describe('a command that follows an answer', () => {
  // An answer and the end of its batch are a few turns of the microtask queue apart, and a caller may come back in any of them.
  it.each([0, 1, 2, 3, 4, 5])(
    'is settled, however soon it comes: after %i turns',
    { timeout: 2_000 },
    async (turns) => {
      const { submit } = openTestLedger();
      await submit(openAccount());
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      await expect(submit(depositMoney(eur(1n)))).resolves.toMatchObject({ replayed: false });
    },
  );
});

describe('a full queue', () => {
  it('refuses the next command at once', async () => {
    const { ledger, submit, held, release } = await openHeldLedger({ limits: { DAYBOOK_QUEUE_LIMIT: 2 } });
    const first = submit(depositMoney(eur(1n)));
    await held;
    const waiting = [submit(depositMoney(eur(1n))), submit(depositMoney(eur(1n)))];
    expect(ledger.waiting).toBe(2);
    await expect(submit(depositMoney(eur(1n)))).rejects.toMatchObject({ name: 'LedgerError', code: 'OVERLOADED' });
    expect(ledger.waiting).toBe(2);
    release();
    await expect(Promise.all([first, ...waiting])).resolves.toHaveLength(3);
    await expect(submit(depositMoney(eur(1n)))).resolves.toBeDefined();
  });
});

describe('the deadline of a command', () => {
  const limits = { DAYBOOK_COMMAND_TIMEOUT_MS: 100 };
  const pass = (milliseconds: number): unknown => vi.advanceTimersByTime(milliseconds);

  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('ends its wait while another batch is stuck', async () => {
    const { submit, held, release, balanceOf } = await openHeldLedger({ limits });
    const first = submit(depositMoney(eur(1n)));
    await held;
    const late = submit(depositMoney(eur(100n)));
    pass(1);
    const inTime = submit(depositMoney(eur(1n)));
    pass(100);
    await expect(late).rejects.toMatchObject({ name: 'LedgerError', code: 'UNAVAILABLE' });
    release();
    await Promise.all([first, inTime]);
    await expect(balanceOf('alice')).resolves.toBe(12n);
  });

  it('keeps it from being begun one millisecond too late', async () => {
    const { submit, commits } = openTestLedger({ limits });
    const late = submit(openAccount());
    pass(101);
    await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(commits).toStrictEqual([]);
  });

  it('lets it be begun at the last millisecond', async () => {
    const { submit } = openTestLedger({ limits });
    const last = submit(openAccount());
    pass(100);
    await expect(last).resolves.toBeDefined();
  });

  it('is not moved by a calendar that jumps', async () => {
    const { submit, clock, held, release } = await openHeldLedger({ limits });
    clock.move(3_600_000);
    const first = submit(depositMoney(eur(1n)));
    await held;
    const late = submit(depositMoney(eur(1n)));
    clock.move(-3_600_000);
    pass(101);
    await expect(late).rejects.toMatchObject({ name: 'LedgerError', code: 'UNAVAILABLE' });
    release();
    await first;
  });

  it('does not harm those of the batch that have time left', async () => {
    const { submit } = openTestLedger({ limits });
    const late = submit(openAccount());
    pass(101);
    const inTime = submit(openAccount({ accountId: 'bob' }));
    await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(inTime).resolves.toBeDefined();
  });
});

describe('draining', () => {
  it('lets every command that was taken have its outcome', async () => {
    const { submit, drain, held, release, balanceOf } = await openHeldLedger();
    const first = submit(depositMoney(eur(1n)));
    await held;
    const second = submit(depositMoney(eur(2n)));
    let settled = 0;
    const counted = [first, second].map((outcome) => outcome.then(() => (settled += 1)));
    const drained = drain();
    release();
    await drained;
    expect(settled).toBe(2);
    await Promise.all(counted);
    await expect(balanceOf('alice')).resolves.toBe(13n);
  });

  it('refuses what comes later', async () => {
    const { submit, drain } = openTestLedger();
    const drained = drain();
    await expect(submit(openAccount())).rejects.toMatchObject({ name: 'LedgerError', code: 'UNAVAILABLE' });
    await drained;
    await expect(submit(openAccount())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('is done at once where nothing waits', async () => {
    await expect(openTestLedger().drain()).resolves.toBeUndefined();
  });
});

describe('the time an event is recorded', () => {
  it('never runs backwards within a stream, whatever the clock does', async () => {
    const { submit, clock, storage } = openTestLedger();
    await submit(openAccount());
    const opened = clock.now();
    clock.move(-5_000);
    await submit(depositMoney(eur(1n)));
    clock.move(5_001);
    await submit(depositMoney(eur(1n)));
    const events = await storage.events.read('account-alice' as never, { after: 0, limit: 10 });
    expect(events.map(({ recordedAt }) => recordedAt - opened)).toStrictEqual([0, 0, 1]);
    expect(events.map(({ effectiveAt }) => effectiveAt - opened)).toStrictEqual([0, 0, 1]);
  });

  it('is one for both legs of a transfer: the later of the two streams', async () => {
    const { submit, clock, storage } = openTestLedger();
    await submit(openAccount({ initialDeposit: { amount: 1n } }));
    clock.move(1_000);
    await submit(openAccount({ accountId: 'bob' }));
    const bobOpened = clock.now();
    clock.move(-500);
    await submit(transferMoney(eur(1n)));
    for (const [streamId, after] of [
      ['account-alice', 2],
      ['account-bob', 1],
    ] as const) {
      const [leg] = await storage.events.read(streamId as never, { after, limit: 1 });
      expect(leg).toMatchObject({ recordedAt: bobOpened, effectiveAt: bobOpened });
    }
  });

  it('follows the clock on other streams', async () => {
    const { submit, clock, storage } = openTestLedger();
    await submit(openAccount());
    clock.move(-5_000);
    await submit(openAccount({ accountId: 'bob' }));
    const [opening] = await storage.events.read('account-bob' as never, { after: 0, limit: 1 });
    expect(opening?.recordedAt).toBe(clock.now());
  });
});
