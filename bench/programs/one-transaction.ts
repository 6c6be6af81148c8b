import type { Command } from '../../src/application/commands/command.ts';
import type { Outcome } from '../../src/application/commit/decide-batch.ts';
import type { BatchSettler } from '../../src/application/commit/settle-batch.ts';
import type { LedgerDoor } from '../../src/application/ledger.ts';
import { openStorage } from '../../src/open-storage.ts';
import { report } from '../../src/terminal.ts';
import { serve } from '../baselines/serve.ts';
import { settlerOver, settleTogether } from '../baselines/settler.ts';

/** Settles every command by itself the moment it comes, in a transaction of its own beside all the others. */
const sideBySide = (settler: BatchSettler, timeout: number): LedgerDoor => {
  const settle = (commands: readonly Command[]) => settleTogether(settler, commands, timeout);
  return {
    waiting: 0,
    submit: (command) => settle([command])[0] as Promise<Outcome>,
    submitTogether: (submission) => Promise.all(submission.flatMap((command) => settle([command]))),
  };
};

const DAY = 86_400_000;

// What services do that know nothing of group commit: the same app, rules and storage, one transaction per command.
await serve(
  async (environment) => {
    const surroundings = { attach: false, mayFallBackToMemory: false, purpose: 'npm run bench', report };
    const { storage } = await openStorage({ ...surroundings, environment, processEnvironment: {} });
    return storage;
  },
  ({ daybook: { services }, storage, environment, log }) => {
    const settler = settlerOver({
      storage,
      log,
      accountCache: environment.DAYBOOK_ACCOUNT_CACHE,
      keepKeysFor: environment.DAYBOOK_IDEMPOTENCY_KEY_DAYS * DAY,
    });
    return { ...services, ledger: sideBySide(settler, environment.DAYBOOK_COMMAND_TIMEOUT_MS) };
  },
);
