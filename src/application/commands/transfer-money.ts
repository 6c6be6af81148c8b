import { streamIdOf } from '../../domain/account/account-id.ts';
import { transfer, type TransferMoney } from '../../domain/transfer/transfer.ts';
import type { CommandHandler } from './command.ts';

export const transferMoney: CommandHandler<TransferMoney> = {
  streamsOf: ({ fromAccountId, toAccountId }) => [streamIdOf(fromAccountId), streamIdOf(toAccountId)],
  newTransferId: ({ transferId }) => transferId,
  decide: (wish, accounts, circumstances) => {
    const parties = { from: accounts.get(wish.fromAccountId), to: accounts.get(wish.toAccountId) };
    return transfer(wish, parties, circumstances);
  },
};
