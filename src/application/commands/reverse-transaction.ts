import { streamIdOf } from '../../domain/account/account-id.ts';
import { legsOf, reverse, type ReverseTransaction } from '../../domain/reversal/reversal.ts';
import type { CommandHandler } from './command.ts';

export const reverseTransaction: CommandHandler<ReverseTransaction> = {
  streamsOf: ({ original }) => legsOf(original).map((leg) => streamIdOf(leg.accountId)),
  reversalOf: ({ original }) => original.eventId,
  decide: (wish, accounts, circumstances) => {
    const reversedTotal = accounts.reversedTotal(wish.original.eventId);
    return reverse(wish, { accountOf: accounts.get, reversedTotal }, circumstances);
  },
};
