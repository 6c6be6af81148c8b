import type { Command } from '../../src/application/commands/command.ts';
import type { Outcome } from '../../src/application/commit/decide-batch.ts';
import type { LedgerDoor } from '../../src/application/ledger.ts';
import { apiWording } from '../../src/http/presenters/answers.ts';
import { accountRowOf } from '../../src/projections/accounts/accounts.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { madeUpAccount, madeUpChanges } from '../baselines/made-up-changes.ts';
import { serve } from '../baselines/serve.ts';

const word = (command: Command): Outcome => ({
  answer: apiWording(command.wish, madeUpChanges(command)),
  replayed: false,
});

/** Words the answer to a command, and forgets it. */
const door: LedgerDoor = {
  waiting: 0,
  submit: (command) => Promise.resolve(word(command)),
  submitTogether: (submission) => Promise.resolve(submission.map(word)),
};

// The HTTP side of the ledger, as it is, in front of nothing at all.
await serve(
  () => Promise.resolve(openMemoryStorage()),
  ({ daybook: { services } }) => ({
    ...services,
    ledger: door,
    queries: {
      ...services.queries,
      findAccount: (accountId) => Promise.resolve(accountRowOf(madeUpAccount(accountId))),
    },
  }),
);
