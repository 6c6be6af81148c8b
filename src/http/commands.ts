import type { Wish } from '../application/commands/command.ts';
import type { CommandEndpoint } from './define-command.ts';
import { changeOverdraftLimit, closeAccount, freezeAccount, unfreezeAccount } from './routes/change-account.ts';
import { depositMoney, withdrawMoney } from './routes/move-money.ts';
import { openAccount } from './routes/open-account.ts';
import { reverseTransaction } from './routes/reverse-transaction.ts';
import { transferMoney } from './routes/transfer-money.ts';

/** Every command that there is, by the name that it has in a batch. */
export const commands: { readonly [T in Wish['type']]: CommandEndpoint<T> } = {
  OpenAccount: openAccount,
  DepositMoney: depositMoney,
  WithdrawMoney: withdrawMoney,
  TransferMoney: transferMoney,
  ReverseTransaction: reverseTransaction,
  FreezeAccount: freezeAccount,
  UnfreezeAccount: unfreezeAccount,
  CloseAccount: closeAccount,
  ChangeOverdraftLimit: changeOverdraftLimit,
};
