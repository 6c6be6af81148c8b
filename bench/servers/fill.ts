import { startWorker } from '../programs/worker.ts';
import type { OpenedAccounts } from './accounts.ts';
import type { Closing } from './closing.ts';

/** So many accounts with so many events each, in this database. */
export type FillOrder = {
  readonly uri: string;
  readonly count: number;
  readonly eventsEach: number;
  /** Whether the idempotency keys of all these commands are there, too. */
  readonly withKeys: boolean;
};

/** What the filling process does in one go, so that its progress can be told. */
export type FillPart = FillOrder & { readonly events: number };

/** How many events are there; and the accounts, once they are complete. */
export type Filled = { readonly events: number; readonly accounts?: OpenedAccounts };

const EVENTS_AT_ONCE = 50_000;

/** Writes a history straight into the store. */
export const fill = async (
  order: FillOrder,
  report: (line: string) => void,
  closing: Closing,
): Promise<OpenedAccounts> => {
  const worker = await closing.open(
    () => startWorker<FillPart, Filled>('fill'),
    (started) => started.stop(),
  );
  const wanted = (order.count * order.eventsEach).toLocaleString('en');
  for (;;) {
    const { events, accounts } = await worker.run({ ...order, events: EVENTS_AT_ONCE });
    report(`filling: ${events.toLocaleString('en')} of ${wanted} events`);
    if (!accounts) continue;
    await worker.stop();
    return accounts;
  }
};
