import { streamIdOf } from '../../domain/account/account-id.ts';
import { decideHold, type HoldCommand } from '../../domain/hold/hold.ts';
import type { CommandHandler } from './command.ts';

/** Place, capture, release and expire: one hold of one account. */
export const holdCommands: CommandHandler<HoldCommand> = {
  streamsOf: ({ accountId }) => [streamIdOf(accountId)],
  holdOf: ({ accountId, holdId }) => ({ accountId, holdId }),
  decide: (wish, accounts, circumstances) => {
    const ground = { account: accounts.get(wish.accountId), ending: accounts.endingOf(wish) };
    return decideHold(wish, ground, circumstances);
  },
};
