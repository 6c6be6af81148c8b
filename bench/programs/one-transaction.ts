import type { Command } from '../../src/application/commands/command.ts';
import type { BatchSettler, Outcome } from '../../src/application/commit/settle-batch.ts';
import { Ledger, type LedgerLimits } from '../../src/application/ledger.ts';
import { openStorage, systemClock } from '../../src/compose.ts';
import type { Environment } from '../../src/config/environment.ts';
import { report } from '../../src/terminal.ts';
import { serve } from '../baselines/serve.ts';
import { settlerOver, settleTogether } from '../baselines/settler.ts';

/** Settles every command by itself the moment it comes, in a transaction of its own beside all the others. */
class SideBySide extends Ledger {
  constructor(
    private readonly each: BatchSettler,
    private readonly timeout: number,
    limits: LedgerLimits,
  ) {
    super(each, systemClock, limits);
  }

  override submit(command: Command): Promise<Outcome> {
    const [outcome] = settleTogether(this.each, [command], this.timeout);
    return outcome ?? Promise.reject(new Error('One command has one outcome.'));
  }
}

const DAY = 86_400_000;

const queueOf = (environment: Environment): LedgerLimits => ({
  batch: 1,
  queue: environment.DAYBOOK_QUEUE_LIMIT,
  commandTimeout: environment.DAYBOOK_COMMAND_TIMEOUT_MS,
});

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
    const ledger = new SideBySide(settler, environment.DAYBOOK_COMMAND_TIMEOUT_MS, queueOf(environment));
    return { ...services, ledger };
  },
);
