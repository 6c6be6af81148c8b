import type { Command } from '../../src/application/commands/command.ts';
import type { Outcome } from '../../src/application/commit/settle-batch.ts';
import { Ledger, type LedgerLimits } from '../../src/application/ledger.ts';
import { systemClock } from '../../src/compose.ts';
import { accountRowOf } from '../../src/projections/accounts/accounts.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { madeUpAccount, madeUpChanges } from '../baselines/made-up-changes.ts';
import { serve } from '../baselines/serve.ts';
import { settlerOver } from '../baselines/settler.ts';

/** Words the answer to a command, and forgets it. */
class Door extends Ledger {
  override submit({ wish, envelope }: Command): Promise<Outcome> {
    const answer = envelope.answer(madeUpChanges({ wish, envelope }));
    return Promise.resolve({ answer, replayed: false });
  }
}

const nothing: LedgerLimits = { batch: 1, queue: 1, commandTimeout: 1 };

// The HTTP side of the ledger, as it is, in front of nothing at all.
await serve(
  () => Promise.resolve(openMemoryStorage()),
  ({ daybook: { services }, storage, log }) => {
    const settler = settlerOver({ storage, log, accountCache: 1, keepKeysFor: 1 });
    return {
      ...services,
      ledger: new Door(settler, systemClock, nothing),
      queries: {
        ...services.queries,
        findAccount: (accountId) => Promise.resolve(accountRowOf(madeUpAccount(accountId))),
      },
    };
  },
);
