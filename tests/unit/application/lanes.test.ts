import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { commandFor, openTestLedger, signal, type TestLedger } from '../../support/test-ledger.ts';
import { eur } from '../../support/facts.ts';
import { depositMoney, openAccount, transferMoney, withdrawMoney } from '../../support/wishes.ts';

const accounts = ['a', 'b', 'c', 'd'] as const;

type Held = TestLedger & {
  /** From now on a transaction about this account stays open until it is let go. */
  readonly hold: (accountId: string) => { readonly letGo: () => void; readonly isHeld: () => boolean };
};

/** A ledger in which the transactions about one account can be held open. */
const openHeldLedger = async (lanes = 2): Promise<Held> => {
  let held: { streamId: string; until: Promise<void>; isHeld: boolean } | undefined;
  const test = openTestLedger({
    limits: { DAYBOOK_COMMIT_LANES: lanes },
    interference: {
      beforeCommit: async (events) => {
        if (!held || !events.some(({ streamId }) => streamId === held?.streamId)) return;
        held.isHeld = true;
        await held.until;
      },
    },
  });
  for (const accountId of accounts) await test.submit(openAccount({ accountId, initialDeposit: { amount: 100n } }));
  const hold: Held['hold'] = (accountId) => {
    const { given, give } = signal();
    const mine = { streamId: `account-${accountId}`, until: given, isHeld: false };
    held = mine;
    const letGo = (): void => {
      held = undefined;
      give();
    };
    return { letGo, isHeld: () => mine.isHeld };
  };
  return { ...test, hold };
};

const untilHeld = async ({ isHeld }: { readonly isHeld: () => boolean }): Promise<void> => {
  while (!isHeld()) await sleep(1);
};

const stateOf = async (outcome: Promise<unknown>): Promise<'settled' | 'waiting'> =>
  Promise.race([outcome.then(() => 'settled' as const), sleep(50, 'waiting' as const)]);

describe('while one batch is being committed', () => {
  it('another about other accounts is committed', async () => {
    const { submit, hold } = await openHeldLedger();
    const held = hold('a');
    const first = submit(depositMoney(eur(1n), { accountId: 'a' }));
    await untilHeld(held);
    expect(await stateOf(submit(depositMoney(eur(1n), { accountId: 'b' })))).toBe('settled');
    expect(await stateOf(first)).toBe('waiting');
    held.letGo();
    await first;
  });

  it('what touches the same account waits, and so does everything behind it on any account of its own', async () => {
    const { submit, hold, balanceOf } = await openHeldLedger(4);
    const held = hold('a');
    const first = submit(depositMoney(eur(1n), { accountId: 'a' }));
    await untilHeld(held);
    const transfer = submit(transferMoney(eur(101n), { from: 'a', to: 'b' }));
    // Only with what the transfer brings is there enough.
    const withdrawal = submit(withdrawMoney(eur(201n), { accountId: 'b' }));
    expect(await stateOf(submit(depositMoney(eur(1n), { accountId: 'c' })))).toBe('settled');
    expect(await stateOf(transfer)).toBe('waiting');
    expect(await stateOf(withdrawal)).toBe('waiting');
    held.letGo();
    await Promise.all([first, transfer, withdrawal]);
    expect([await balanceOf('a'), await balanceOf('b'), await balanceOf('c')]).toStrictEqual([0n, 0n, 101n]);
  });

  it('the same key waits for its answer, and is repeated', async () => {
    const { submit, hold, attempts } = await openHeldLedger();
    const held = hold('a');
    const first = submit(depositMoney(eur(1n), { accountId: 'a' }), { key: 'k' });
    await untilHeld(held);
    const again = submit(depositMoney(eur(1n), { accountId: 'a' }), { key: 'k' });
    const other = submit(depositMoney(eur(1n), { accountId: 'b' }), { key: 'k' });
    expect(await stateOf(Promise.allSettled([again, other]))).toBe('waiting');
    const before = attempts();
    held.letGo();
    expect(await again).toStrictEqual({ answer: (await first).answer, replayed: true });
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(attempts() - before).toBeLessThanOrEqual(1);
  });

  it('a transaction id is not tried a second time', async () => {
    const { submit, hold } = await openHeldLedger();
    const held = hold('a');
    const first = submit(depositMoney(eur(1n), { accountId: 'a' }), { transactionId: 'tx' });
    await untilHeld(held);
    const second = submit(depositMoney(eur(1n), { accountId: 'b' }), { transactionId: 'tx' });
    expect(await stateOf(second.catch(() => undefined))).toBe('waiting');
    held.letGo();
    await first;
    await expect(second).rejects.toMatchObject({ code: 'TRANSACTION_ALREADY_RECORDED' });
  });

  it('with one lane everything waits', async () => {
    const { submit, hold } = await openHeldLedger(1);
    const held = hold('a');
    const first = submit(depositMoney(eur(1n), { accountId: 'a' }));
    await untilHeld(held);
    const second = submit(depositMoney(eur(1n), { accountId: 'b' }));
    expect(await stateOf(second)).toBe('waiting');
    held.letGo();
    await Promise.all([first, second]);
  });

  it('the end of the ledger waits for every lane', async () => {
    const { submit, hold, drain } = await openHeldLedger();
    const held = hold('a');
    const first = submit(depositMoney(eur(1n), { accountId: 'a' }));
    await untilHeld(held);
    const second = submit(depositMoney(eur(1n), { accountId: 'b' }));
    const drained = drain();
    await second;
    expect(await stateOf(drained)).toBe('waiting');
    held.letGo();
    await Promise.all([first, drained]);
  });
});

describe('commands that stand or fall together', () => {
  it('are one transaction, also where they are more than a batch holds', async () => {
    const test = openTestLedger({ limits: { DAYBOOK_BATCH_LIMIT: 2 } });
    await test.submit(openAccount({ accountId: 'a' }));
    const three = [1n, 2n, 3n].map((amount) => commandFor(depositMoney(eur(amount), { accountId: 'a' })));
    const before = test.commits.length;
    const outcomes = await test.ledger.submitTogether(three);
    expect(outcomes.map(({ answer }) => answer.body)).toStrictEqual(['a v2 1', 'a v3 3', 'a v4 6']);
    expect(test.commits.length - before).toBe(1);
  });

  it('leave nothing behind when the last is refused, neither here nor for those behind them', async () => {
    const test = openTestLedger();
    await test.submit(openAccount({ accountId: 'a' }));
    const together = [depositMoney(eur(5n), { accountId: 'a' }), withdrawMoney(eur(6n), { accountId: 'a' })];
    const refused = test.ledger.submitTogether(together.map((wish) => commandFor(wish)));
    const behind = test.submit(withdrawMoney(eur(1n), { accountId: 'a' }));
    await expect(refused).rejects.toMatchObject({ index: 1, rejection: { code: 'INSUFFICIENT_FUNDS' } });
    await expect(behind).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect(await test.balanceOf('a')).toBe(0n);
  });
});

describe('a large crowd', () => {
  it('is divided in two', async () => {
    const { submit, commits } = openTestLedger();
    await Promise.all(Array.from({ length: 100 }, (_, index) => submit(openAccount({ accountId: `a${index}` }))));
    expect(commits.map((events) => events.length)).toStrictEqual([50, 50]);
  });
});

describe('a submission that is not wanted any more', () => {
  it('is not begun when its turn comes, and those beside it are', async () => {
    const { ledger, submit, hold, balanceOf } = await openHeldLedger();
    const held = hold('a');
    const first = submit(depositMoney(eur(1n), { accountId: 'a' }));
    await untilHeld(held);
    let isWanted = true;
    const forgotten = ledger.submitTogether([commandFor(depositMoney(eur(10n), { accountId: 'a' }))], () => isWanted);
    const beside = submit(depositMoney(eur(100n), { accountId: 'a' }));
    isWanted = false;
    held.letGo();
    await expect(forgotten).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await Promise.all([first, beside]);
    expect(await balanceOf('a')).toBe(201n);
  });
});
