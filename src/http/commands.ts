import type { Wish } from '../application/commands/command.ts';
import type { CommandEndpoint } from './define-command.ts';
import { changeOverdraftLimit, closeAccount, freezeAccount, unfreezeAccount } from './routes/change-account.ts';
import { depositMoney, withdrawMoney } from './routes/move-money.ts';
import { captureHold, placeHold, releaseHold } from './routes/holds.ts';
import { openAccount } from './routes/open-account.ts';
import { reverseTransaction } from './routes/reverse-transaction.ts';
import { transferMoney } from './routes/transfer-money.ts';

/** What a client can ask for. That a hold has expired, the ledger finds out by itself. */
export type Askable = Exclude<Wish['type'], 'ExpireHold'>;

/** Every command of the API, by the name that it has in a batch. */
export const commands: { readonly [T in Askable]: CommandEndpoint<T> } = {
  OpenAccount: openAccount,
  DepositMoney: depositMoney,
  WithdrawMoney: withdrawMoney,
  PlaceHold: placeHold,
  CaptureHold: captureHold,
  ReleaseHold: releaseHold,
  TransferMoney: transferMoney,
  ReverseTransaction: reverseTransaction,
  FreezeAccount: freezeAccount,
  UnfreezeAccount: unfreezeAccount,
  CloseAccount: closeAccount,
  ChangeOverdraftLimit: changeOverdraftLimit,
};
