import { describe, expect, it } from 'vitest';
import { idempotencyKeysTable, transactionIdsTable } from '../../../src/application/commit/claims.ts';
import { VersionConflict } from '../../../src/application/ports/storage-errors.ts';
import { eur } from '../../support/facts.ts';
import { openTestLedger, signal } from '../../support/test-ledger.ts';
import { depositMoney, openAccount, transferMoney, withdrawMoney } from '../../support/wishes.ts';

const openFunded = async (amount = 10n) => {
  const test = openTestLedger();
  await test.submit(openAccount({ initialDeposit: { amount } }));
  await test.submit(openAccount({ accountId: 'bob' }));
  return test;
};

describe('the same request with the same key', () => {
  it('has one effect, and the first answer again', async () => {
    const { submit, balanceOf } = await openFunded();
    const first = await submit(withdrawMoney(eur(1n)), { key: 'k' });
    await submit(depositMoney(eur(5n)));
    const second = await submit(withdrawMoney(eur(1n)), { key: 'k' });
    expect(first).toMatchObject({ replayed: false });
    expect(second).toStrictEqual({ answer: first.answer, replayed: true });
    await expect(balanceOf('alice')).resolves.toBe(14n);
  });

  it('has one effect also within one batch', async () => {
    const { submit, balanceOf, commits } = await openFunded();
    const [first, second, third] = await Promise.all([
      submit(withdrawMoney(eur(1n)), { key: 'k' }),
      submit(withdrawMoney(eur(1n)), { key: 'k' }),
      submit(withdrawMoney(eur(1n)), { key: 'other' }),
    ]);
    expect(first).toMatchObject({ replayed: false, answer: { body: 'alice v3 9' } });
    expect(second).toStrictEqual({ answer: first.answer, replayed: true });
    expect(third).toMatchObject({ replayed: false, answer: { body: 'alice v4 8' } });
    expect(commits.at(-1)).toHaveLength(2);
    await expect(balanceOf('alice')).resolves.toBe(8n);
  });

  it('is replayed by another process', async () => {
    const here = await openFunded();
    const there = openTestLedger({ storage: here.storage });
    const first = await here.submit(depositMoney(eur(1n)), { key: 'k' });
    await expect(there.submit(depositMoney(eur(1n)), { key: 'k' })).resolves.toStrictEqual({
      answer: first.answer,
      replayed: true,
    });
  });

  it('has one effect where two processes take it at once', async () => {
    const here = await openFunded();
    const there = openTestLedger({ storage: here.storage });
    const outcomes = await Promise.all([
      here.submit(depositMoney(eur(1n)), { key: 'k' }),
      there.submit(depositMoney(eur(1n)), { key: 'k' }),
    ]);
    expect(outcomes.map(({ replayed }) => replayed).sort()).toStrictEqual([false, true]);
    expect(outcomes[0].answer).toStrictEqual(outcomes[1].answer);
    await expect(here.balanceOf('alice')).resolves.toBe(11n);
  });

  it('gets the first answer also where the other process finished between the look at the key and the look at the account', async () => {
    const here = await openFunded(10n);
    const { given: looked, give: hasLooked } = signal();
    const { given: finished, give: hasFinished } = signal();
    // This process has found the key unused; then the other one withdraws all there is, under that very key.
    const there = openTestLedger({
      storage: here.storage,
      interference: {
        events: (events) => ({
          tails: async (streamIds, foldVersion) => {
            hasLooked();
            await finished;
            return events.tails(streamIds, foldVersion);
          },
        }),
      },
    });
    const second = there.submit(withdrawMoney(eur(10n)), { key: 'k' });
    await looked;
    const first = await here.submit(withdrawMoney(eur(10n)), { key: 'k' });
    hasFinished();
    await expect(second).resolves.toStrictEqual({ answer: first.answer, replayed: true });
  });

  it('gets the first answer also where the other process finished between two looks at what was used before', async () => {
    const here = await openFunded();
    const asked = { key: 'k', transactionId: 'tx' };
    const { storage } = here;
    let first: Promise<unknown> | undefined;
    // Each table that is looked into, but that of the keys, is a moment later than the last one: the other process has just recorded the request.
    const table: typeof storage.table = (name) => {
      const found = storage.table(name);
      if (name.name !== transactionIdsTable.name) return found;
      return Object.assign(Object.create(found) as typeof found, {
        write: found.write.bind(found),
        getMany: async (ids: readonly string[]) => {
          await (first ??= here.submit(depositMoney(eur(1n)), asked));
          return found.getMany(ids);
        },
      });
    };
    const beforeCommit = (): void => {
      if (!first) throw new VersionConflict('somebody else was faster');
    };
    const there = openTestLedger({ storage, interference: { table, beforeCommit } });
    await expect(there.submit(depositMoney(eur(1n)), asked)).resolves.toMatchObject({ replayed: true });
    await expect(here.balanceOf('alice')).resolves.toBe(11n);
  });

  it('is decided again where it was rejected before', async () => {
    const { submit } = await openFunded(1n);
    await expect(submit(withdrawMoney(eur(2n)), { key: 'k' })).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await submit(depositMoney(eur(1n)));
    await expect(submit(withdrawMoney(eur(2n)), { key: 'k' })).resolves.toMatchObject({ replayed: false });
  });

  it('is rejected twice within one batch where it is rejected once', async () => {
    const { submit } = await openFunded(1n);
    const outcomes = await Promise.allSettled([1, 2].map(() => submit(withdrawMoney(eur(2n)), { key: 'k' })));
    expect(outcomes.map(({ status }) => status)).toStrictEqual(['rejected', 'rejected']);
  });

  it('is answered without asking the rules again', async () => {
    const { submit } = await openFunded();
    const asked = { key: 'k', transactionId: 'tx', expected: { accountId: 'alice', versions: [2] } };
    await submit(withdrawMoney(eur(10n)), asked);
    await expect(submit(withdrawMoney(eur(10n)), asked)).resolves.toMatchObject({ replayed: true });
  });
});

describe('another request with the same key', () => {
  it('is refused', async () => {
    const { submit, balanceOf } = await openFunded();
    await submit(withdrawMoney(eur(1n)), { key: 'k' });
    await expect(submit(withdrawMoney(eur(2n)), { key: 'k' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    await expect(balanceOf('alice')).resolves.toBe(9n);
  });

  it('is refused also within one batch', async () => {
    const { submit, balanceOf } = await openFunded();
    const [first, second] = await Promise.allSettled([
      submit(withdrawMoney(eur(1n)), { key: 'k' }),
      submit(withdrawMoney(eur(2n)), { key: 'k' }),
    ]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    await expect(balanceOf('alice')).resolves.toBe(9n);
  });

  it('takes the key where the first one was rejected', async () => {
    const { submit } = await openFunded();
    const [first, second] = await Promise.allSettled([
      submit(withdrawMoney(eur(11n)), { key: 'k' }),
      submit(withdrawMoney(eur(10n)), { key: 'k' }),
    ]);
    expect([first.status, second.status]).toStrictEqual(['rejected', 'fulfilled']);
  });
});

describe('a transaction id', () => {
  it('is recorded at most once, and the second one hears which event did', async () => {
    const { submit, commits } = await openFunded();
    await submit(depositMoney(eur(1n)), { transactionId: 'tx' });
    const eventId = commits.at(-1)?.[0]?.eventId;
    await expect(submit(withdrawMoney(eur(1n)), { transactionId: 'tx' })).rejects.toMatchObject({
      code: 'TRANSACTION_ALREADY_RECORDED',
      details: { transactionId: 'tx', eventId },
    });
  });

  it('is recorded at most once also within one batch', async () => {
    const { submit, commits, balanceOf, attempts } = await openFunded();
    const before = attempts();
    const [first, second] = await Promise.allSettled([
      submit(depositMoney(eur(1n)), { transactionId: 'tx' }),
      submit(depositMoney(eur(1n)), { transactionId: 'tx' }),
    ]);
    expect(attempts() - before).toBe(1);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({
      status: 'rejected',
      reason: { code: 'TRANSACTION_ALREADY_RECORDED', details: { eventId: commits.at(-1)?.[0]?.eventId } },
    });
    await expect(balanceOf('alice')).resolves.toBe(11n);
  });

  it('is recorded at most once where two processes take it at once', async () => {
    const here = await openFunded();
    const there = openTestLedger({ storage: here.storage });
    const outcomes = await Promise.allSettled([
      here.submit(depositMoney(eur(1n)), { transactionId: 'tx' }),
      there.submit(depositMoney(eur(1n), { accountId: 'bob' }), { transactionId: 'tx' }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toStrictEqual(['fulfilled', 'rejected']);
  });
});

describe('a transfer id', () => {
  it('is used once, also within one batch', async () => {
    const { submit, balanceOf, attempts } = await openFunded();
    const before = attempts();
    const [first, second] = await Promise.allSettled([
      submit(transferMoney(eur(1n), { transferId: 't' })),
      submit(transferMoney(eur(2n), { transferId: 't' })),
    ]);
    expect(attempts() - before).toBe(1);
    expect(first.status).toBe('fulfilled');
    const refused = { code: 'TRANSFER_ALREADY_EXISTS', details: { transferId: 't' } };
    expect(second).toMatchObject({ status: 'rejected', reason: refused });
    await expect(submit(transferMoney(eur(3n), { transferId: 't' }))).rejects.toMatchObject(refused);
    await expect(balanceOf('alice')).resolves.toBe(9n);
  });
});

describe('a key', () => {
  it('is kept with the answer and what it caused, until it expires', async () => {
    const { submit, storage, clock, commits } = openTestLedger({ limits: { DAYBOOK_IDEMPOTENCY_KEY_DAYS: 2 } });
    await submit(openAccount({ initialDeposit: { amount: 1n } }), { key: 'k' });
    await expect(storage.table(idempotencyKeysTable).get('tester k')).resolves.toMatchObject({
      status: 201,
      body: 'alice v1 0, alice v2 1',
      eventIds: commits[0]?.map(({ eventId }) => eventId),
      expiresAt: new Date(clock.now() + 2 * 86_400_000),
    });
  });
});
