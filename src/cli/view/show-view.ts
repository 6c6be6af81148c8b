import type { Storage } from '../../application/ports/storage.ts';
import type { Moment } from '../../application/queries/find-account.ts';
import type { AccountId } from '../../domain/account/account-id.ts';
import { report, UserError } from '../../terminal.ts';
import { Navigator } from './navigator.ts';
import { View } from './view.ts';

/** Whether somebody sits there who can look at a view and press keys. */
export const isTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY && process.env.TERM !== 'dumb';

/** Shows the view until it is left; the moment is where one stands at first. Rejects with UserError. */
export const showView = async (storage: Storage, accountId: AccountId, moment: Moment): Promise<number> => {
  if (Object.keys(moment).length > 1) throw new UserError('A view begins at one moment: give one of the options.');
  const navigator = new Navigator(storage, accountId);
  const state = await navigator.start(moment);
  if (!state) {
    report(`There is no account ${accountId}, or it had no events by then.`);
    return 1;
  }
  const view = new View(navigator, state, { input: process.stdin, output: process.stdout });
  const close = (): void => view.close();
  // Before anybody says why it ends: on the other screen nobody would read it.
  for (const end of ['SIGINT', 'SIGTERM', 'uncaughtExceptionMonitor'])
    process.prependOnceListener(end as 'exit', close);
  try {
    await view.left;
    return 0;
  } finally {
    close();
  }
};
