import type { AccountCommand } from '../../domain/account/account-command.ts';
import { Account } from '../../domain/account/account.ts';
import { streamIdOf } from '../../domain/account/account-id.ts';
import type { CommandHandler } from './command.ts';

/** Open, deposit, withdraw, freeze, unfreeze, close and overdraft limit: one account, one decision. */
export const accountCommands: CommandHandler<AccountCommand> = {
  streamsOf: ({ accountId }) => [streamIdOf(accountId)],
  decide: (wish, accounts, circumstances) => Account.decide(wish, accounts.get(wish.accountId), circumstances),
};
