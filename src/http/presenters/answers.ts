import type { Answer, Wish, Wording } from '../../application/commands/command.ts';
import type { Change } from '../../projections/projection.ts';
import { answerAccount } from './account.ts';
import { answerHold } from './hold.ts';
import { answerReceipt, answerReversal } from './receipt.ts';
import { answerTransfer } from './transfer.ts';

const wordings: Readonly<Record<Wish['type'], (changes: readonly Change[]) => Answer>> = {
  OpenAccount: answerAccount(201),
  DepositMoney: answerReceipt,
  WithdrawMoney: answerReceipt,
  FreezeAccount: answerAccount(200),
  UnfreezeAccount: answerAccount(200),
  CloseAccount: answerAccount(200),
  ChangeOverdraftLimit: answerAccount(200),
  PlaceHold: answerHold,
  CaptureHold: answerHold,
  ReleaseHold: answerHold,
  ExpireHold: answerHold,
  TransferMoney: answerTransfer,
  ReverseTransaction: answerReversal,
};

/** How the API words the answer to each command. */
export const apiWording: Wording = ({ type }, changes) => wordings[type](changes);
