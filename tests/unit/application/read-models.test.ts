import { describe, expect, it } from 'vitest';
import { initialState, isOpened } from '../../../src/domain/account/account-state.ts';
import { evolve } from '../../../src/domain/account/evolve.ts';
import { instant } from '../../../src/domain/time/instant.ts';
import { accountsProjection } from '../../../src/projections/accounts/accounts.ts';
import { type Change, writesOf } from '../../../src/projections/projection.ts';
import {
  statementEntriesProjection,
  statementEntriesTable,
} from '../../../src/projections/statement-entries/statement-entries.ts';
import { accountOpened, ALICE, BOB, eur, moneyDeposited, START } from '../../support/facts.ts';
import { historyOf } from '../../support/given.ts';
import { openTestLedger } from '../../support/test-ledger.ts';
import { depositMoney, openAccount } from '../../support/wishes.ts';

describe('a statement entry', () => {
  it('is back-dated where an earlier event counts later, and not where it counts at the same moment', async () => {
    const { submit, clock, storage } = openTestLedger();
    await submit(openAccount());
    clock.move(10);
    for (const effectiveAt of [START + 5, START + 5, START + 4, START, START + 5, START + 6]) {
      await submit(depositMoney(eur(1n), { effectiveAt: instant(effectiveAt) }));
    }
    const entries = await storage.table(statementEntriesTable).range({ order: ['version'] });
    expect(entries.map(({ backDated }) => backDated)).toStrictEqual([false, false, true, true, false, false]);
  });

  it('of a deposit at the moment of the opening is not back-dated', async () => {
    const { submit, storage } = openTestLedger();
    await submit(openAccount({ initialDeposit: { amount: 1n } }));
    const entries = await storage.table(statementEntriesTable).range({ order: ['version'] });
    expect(entries.map(({ backDated }) => backDated)).toStrictEqual([false]);
  });
});

describe('the writes of a batch', () => {
  it('put each account once, as its last event leaves it', () => {
    const { events } = historyOf([accountOpened(), accountOpened({ accountId: BOB }), moneyDeposited(eur(1n))]);
    let before = initialState();
    const changes = events.flatMap((event): Change[] => {
      const isOfAlice = event.streamId === 'account-alice';
      const after = evolve(isOfAlice ? before : initialState(), event);
      if (!isOpened(after)) return [];
      const change = { event, before, after };
      if (isOfAlice) before = after;
      return [change];
    });
    const puts = writesOf(accountsProjection, changes).map((write) => (write.kind === 'put' ? write.row : undefined));
    expect(puts).toMatchObject([
      { _id: ALICE, version: 2, ledgerBalance: 1n },
      { _id: BOB, version: 1 },
    ]);
    expect(writesOf(statementEntriesProjection, changes)).toHaveLength(1);
  });
});
