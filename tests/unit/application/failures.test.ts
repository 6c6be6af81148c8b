import { describe, expect, it } from 'vitest';
import { OutcomeUnknown, StorageUnavailable, VersionConflict } from '../../../src/application/ports/storage-errors.ts';
import type { RecordedEvent } from '../../../src/domain/account/account-event.ts';
import { projections } from '../../../src/projections/index.ts';
import { eur } from '../../support/facts.ts';
import { type Interference, openTestLedger } from '../../support/test-ledger.ts';
import { depositMoney, openAccount, withdrawMoney } from '../../support/wishes.ts';

const touches = (events: readonly RecordedEvent[], accountId: string): boolean =>
  events.some(({ streamId }) => streamId === `account-${accountId}`);

/** A ledger with accounts a to d, open and empty, in whose way this stands from then on. */
const openLedger = async (interference: Interference) => {
  let isReady = false;
  let before = 0;
  const test = openTestLedger({
    interference: {
      beforeCommit: async (events, attempt) => {
        if (isReady) await interference.beforeCommit?.(events, attempt - before);
        else before = attempt;
      },
      afterCommit: async (events, attempt) => {
        if (isReady) await interference.afterCommit?.(events, attempt - before);
      },
    },
  });
  await Promise.all(['a', 'b', 'c', 'd'].map((accountId) => test.submit(openAccount({ accountId }))));
  isReady = true;
  const deposits = (...accountIds: readonly string[]) =>
    Promise.allSettled(accountIds.map((accountId) => test.submit(depositMoney(eur(1n), { accountId }))));
  return { ...test, deposits };
};

const codesOf = (outcomes: readonly PromiseSettledResult<unknown>[]): readonly unknown[] =>
  outcomes.map((it) =>
    it.status === 'fulfilled' ? 'ok' : ((it.reason as { code?: string }).code ?? (it.reason as unknown)),
  );

describe('a command that cannot be recorded because of a bug', () => {
  const bug = new Error('projector is broken');

  it('fails alone, wherever it stands in its batch', async () => {
    for (const poisoned of ['a', 'b', 'c', 'd']) {
      const { deposits, balanceOf } = await openLedger({
        beforeCommit: (events) => {
          if (touches(events, poisoned)) throw bug;
        },
      });
      const outcomes = await deposits('a', 'b', 'c', 'd');
      expect(codesOf(outcomes)).toStrictEqual(['a', 'b', 'c', 'd'].map((id) => (id === poisoned ? bug : 'ok')));
      for (const id of ['a', 'b', 'c', 'd']) await expect(balanceOf(id)).resolves.toBe(id === poisoned ? 0n : 1n);
    }
  });

  it('leaves no event behind, and its account goes on as before', async () => {
    let isBroken = true;
    const { deposits, storage } = await openLedger({
      beforeCommit: (events) => {
        if (isBroken && touches(events, 'b')) throw bug;
      },
    });
    await deposits('a', 'b');
    await expect(storage.events.read('account-b' as never, { after: 1, limit: 1 })).resolves.toHaveLength(0);
    isBroken = false;
    expect(codesOf(await deposits('b'))).toStrictEqual(['ok']);
  });

  it('is one that a projector throws at', async () => {
    const { submit } = openTestLedger({
      projections: projections.map((projection) => ({
        ...projection,
        project: (change) => {
          if (change.after.accountId === ('b' as never)) throw bug;
          return projection.project(change);
        },
      })),
    });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((accountId) => submit(openAccount({ accountId }))));
    expect(codesOf(outcomes)).toStrictEqual(['ok', bug, 'ok']);
  });
});

describe('a conflict with another process', () => {
  it('is decided again and never seen', async () => {
    const { deposits, commits } = await openLedger({
      beforeCommit: (_, attempt) => {
        if (attempt <= 2) throw new VersionConflict('taken');
      },
    });
    expect(codesOf(await deposits('a', 'b'))).toStrictEqual(['ok', 'ok']);
    expect(commits).toHaveLength(2);
  });

  it('that lasts on one account does not keep the others of the batch', async () => {
    const { deposits, balanceOf } = await openLedger({
      beforeCommit: (events) => {
        if (touches(events, 'c')) throw new VersionConflict('taken');
      },
    });
    expect(codesOf(await deposits('a', 'b', 'c', 'd'))).toStrictEqual(['ok', 'ok', 'CONCURRENCY_CONFLICT', 'ok']);
    await expect(balanceOf('c')).resolves.toBe(0n);
  });

  it('is heard of after twelve attempts', async () => {
    let attempts = 0;
    const { deposits } = await openLedger({
      beforeCommit: () => {
        attempts += 1;
        throw new VersionConflict('taken');
      },
    });
    expect(codesOf(await deposits('a'))).toStrictEqual(['CONCURRENCY_CONFLICT']);
    expect(attempts).toBe(12);
  });

  it('may end with a rejection, decided on what the other process left', async () => {
    const other = openTestLedger();
    await other.submit(openAccount({ initialDeposit: { amount: 10n } }));
    let isFirst = true;
    const { submit } = openTestLedger({
      storage: other.storage,
      interference: {
        beforeCommit: async () => {
          if (!isFirst) return;
          isFirst = false;
          await other.submit(withdrawMoney(eur(10n)));
        },
      },
    });
    await expect(submit(withdrawMoney(eur(1n)))).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await expect(other.balanceOf('alice')).resolves.toBe(0n);
  });
});

describe('a store that is away', () => {
  it('is tried once more, unseen', async () => {
    const { deposits } = await openLedger({
      beforeCommit: (_, attempt) => {
        if (attempt === 1) throw new StorageUnavailable('connection lost');
      },
    });
    expect(codesOf(await deposits('a', 'b'))).toStrictEqual(['ok', 'ok']);
  });

  it('makes the whole batch UNAVAILABLE after that', async () => {
    let attempts = 0;
    const { deposits, balanceOf } = await openLedger({
      beforeCommit: () => {
        attempts += 1;
        throw new StorageUnavailable('no primary');
      },
    });
    expect(codesOf(await deposits('a', 'b'))).toStrictEqual(['UNAVAILABLE', 'UNAVAILABLE']);
    expect(attempts).toBe(2);
    await expect(balanceOf('a')).resolves.toBe(0n);
  });

  it('makes a command UNAVAILABLE also where it cannot be read from', async () => {
    const { submit } = openTestLedger({
      interference: { events: () => ({ tails: () => Promise.reject(new StorageUnavailable('no primary')) }) },
    });
    await expect(submit(openAccount())).rejects.toMatchObject({ name: 'LedgerError', code: 'UNAVAILABLE' });
  });
});

describe('a commit whose outcome nobody knows', () => {
  const lost = new OutcomeUnknown('connection lost');

  it('is said to be unknown, and the same key gives the truth where it happened', async () => {
    const { submit, balanceOf } = await openLedger({
      afterCommit: (_, attempt) => {
        if (attempt === 1) throw lost;
      },
    });
    const deposit = depositMoney(eur(1n), { accountId: 'a' });
    await expect(submit(deposit, { key: 'k' })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', cause: lost });
    await expect(submit(deposit, { key: 'k' })).resolves.toMatchObject({ replayed: true, answer: { body: 'a v2 1' } });
    await expect(balanceOf('a')).resolves.toBe(1n);
  });

  it('is said to be unknown, and the same key makes it happen where it did not', async () => {
    const { submit, balanceOf } = await openLedger({
      beforeCommit: (_, attempt) => {
        if (attempt === 1) throw lost;
      },
    });
    const deposit = depositMoney(eur(1n), { accountId: 'a' });
    await expect(submit(deposit, { key: 'k' })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await expect(submit(deposit, { key: 'k' })).resolves.toMatchObject({ replayed: false });
    await expect(balanceOf('a')).resolves.toBe(1n);
  });

  it('leaves nothing in memory that is not in the store', async () => {
    const { submit, balanceOf } = await openLedger({
      afterCommit: (_, attempt) => {
        if (attempt === 1) throw lost;
      },
    });
    await expect(submit(depositMoney(eur(1n), { accountId: 'a' }))).rejects.toThrow();
    await submit(depositMoney(eur(1n), { accountId: 'a' }));
    await expect(balanceOf('a')).resolves.toBe(2n);
  });
});

describe('an account that another process wrote to', () => {
  const pair = async () => {
    const here = openTestLedger();
    await here.submit(openAccount({ initialDeposit: { amount: 1n } }));
    const there = openTestLedger({ storage: here.storage, clock: here.clock });
    return { here, there };
  };

  it('is read again before a "no" is final', async () => {
    const { here, there } = await pair();
    await there.submit(depositMoney(eur(9n)));
    await expect(here.submit(withdrawMoney(eur(10n)))).resolves.toMatchObject({ answer: { body: 'alice v4 0' } });
  });

  it('is read again before a version that was expected is refused', async () => {
    const { here, there } = await pair();
    await there.submit(depositMoney(eur(9n)));
    const expected = { accountId: 'alice', versions: [3] };
    await expect(here.submit(depositMoney(eur(1n)), { expected })).resolves.toBeDefined();
  });

  it('is refused for good where the answer stays no', async () => {
    const { here, there } = await pair();
    await there.submit(depositMoney(eur(9n)));
    await expect(here.submit(withdrawMoney(eur(11n)))).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
  });

  it('conflicts unseen where this process would have said yes', async () => {
    const { here, there } = await pair();
    await there.submit(depositMoney(eur(9n)));
    await expect(here.submit(depositMoney(eur(1n)))).resolves.toMatchObject({ answer: { body: 'alice v4 11' } });
    await there.submit(withdrawMoney(eur(11n)));
    await expect(here.submit(withdrawMoney(eur(1n)))).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
  });
});
