import { accountCommands } from './account-commands.ts';
import type { CommandHandler, Wish } from './command.ts';
import { holdCommands } from './hold-commands.ts';
import { reverseTransaction } from './reverse-transaction.ts';
import { transferMoney } from './transfer-money.ts';

const handlers: { readonly [W in Wish as W['type']]: CommandHandler<W> } = {
  OpenAccount: accountCommands,
  DepositMoney: accountCommands,
  WithdrawMoney: accountCommands,
  FreezeAccount: accountCommands,
  UnfreezeAccount: accountCommands,
  CloseAccount: accountCommands,
  ChangeOverdraftLimit: accountCommands,
  PlaceHold: holdCommands,
  CaptureHold: holdCommands,
  ReleaseHold: holdCommands,
  ExpireHold: holdCommands,
  TransferMoney: transferMoney,
  ReverseTransaction: reverseTransaction,
};

/** The handler of a wish. The table is keyed by the wish's own type, so the pair always fits. */
export const handlerOf = (wish: Wish): CommandHandler<Wish> => handlers[wish.type] as unknown as CommandHandler<Wish>;
