import type { AccountId } from '../../domain/account/account-id.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { ReversibleEvent } from '../../domain/reversal/reversal.ts';
import type { Command, Wish } from '../commands/command.ts';
import type { Outcome, Submission } from '../commit/decide-batch.ts';
import { CommandRejected } from '../commit/ledger-error.ts';
import { type LedgerDoor, submitAlone } from '../ledger.ts';
import type { OwnAccounts } from './own-accounts.ts';
import { AccessRefused } from './principal.ts';

const forbidden = (reason: string): AccessRefused => new AccessRefused('FORBIDDEN', { reason });

type Opening = Extract<Wish, { type: 'OpenAccount' }>;

const mustOpenOwn = ({ ownerId, overdraftLimit, initialDeposit }: Opening, own: OwnAccounts): void => {
  if (ownerId !== own.ownerId) throw forbidden('an account of another owner');
  if (overdraftLimit > 0n) throw forbidden('an overdraft limit of one’s own');
  if (initialDeposit) throw forbidden('money from outside the ledger');
};

type Transfer = Extract<Wish, { type: 'TransferMoney' }>;

/**
 * Out of an own account, and into another's at the time at which it happens: a value date would change what that one's past balances are
 * said to have been, and tell since when there is such an account.
 */
const mustPayOwn = async ({ fromAccountId, toAccountId, effectiveAt }: Transfer, own: OwnAccounts): Promise<void> => {
  await own.mustBeOwn(fromAccountId);
  if (effectiveAt !== undefined && !(await own.has(toAccountId))) throw forbidden('a value date on another’s account');
};

// Taken back, these would pay the owner, out of another account or out of nothing.
const paidOut: ReadonlySet<ReversibleEvent['type']> = new Set(['TransferSent', 'MoneyWithdrawn', 'HoldCaptured']);

/**
 * An owner may do with its accounts what costs it money, and nothing that makes any: deposits, overdraft limits and the like are for
 * whoever can vouch for them. Rejects with FORBIDDEN, ACCOUNT_NOT_FOUND, in this order.
 */
const mustBeAllowed = async (wish: Wish, own: OwnAccounts): Promise<void> => {
  switch (wish.type) {
    case 'OpenAccount':
      mustOpenOwn(wish, own);
      return;
    case 'DepositMoney':
      throw forbidden('money from outside the ledger');
    case 'ChangeOverdraftLimit':
      throw forbidden('an overdraft limit of one’s own');
    case 'UnfreezeAccount':
    case 'ExpireHold':
      throw forbidden('not for owners');
    case 'TransferMoney':
      await mustPayOwn(wish, own);
      return;
    // Whose event it is was asked when it was looked up.
    case 'ReverseTransaction':
      if (paidOut.has(wish.original.type)) throw forbidden('the reversal of what was paid out');
      return;
    default:
      await own.mustBeOwn(wish.accountId);
  }
};

/**
 * What an owner hears of a rejection. One that is about another's account says no more than that there is none: whether it is frozen,
 * closed or in another currency is nobody else's business.
 */
export const heardBy = async (error: DomainError, own: OwnAccounts): Promise<DomainError> => {
  const { accountId, transactionId } = error.details;
  if (error.code === 'TRANSACTION_ALREADY_RECORDED' && transactionId !== undefined) {
    return new DomainError(error.code, { transactionId });
  }
  // Whoever wants an id of its own choice must hear that it is taken.
  if (accountId === undefined || error.code === 'ACCOUNT_ALREADY_EXISTS') return error;
  if (await own.has(accountId as AccountId)) return error;
  return new DomainError('ACCOUNT_NOT_FOUND', { accountId });
};

/** A door through which only the commands of one owner go. */
export class OwnedDoor implements LedgerDoor {
  constructor(
    private readonly door: LedgerDoor,
    private readonly own: OwnAccounts,
  ) {}

  get waiting(): number {
    return this.door.waiting;
  }

  submit(command: Command): Promise<Outcome> {
    return submitAlone(this, command);
  }

  async submitTogether(submission: Submission): Promise<readonly Outcome[]> {
    for (const [index, { wish }] of submission.entries()) await this.#admit(wish, index, submission.length);
    try {
      return await this.door.submitTogether(submission);
    } catch (error) {
      if (!(error instanceof CommandRejected)) throw error;
      throw new CommandRejected(await heardBy(error.rejection, this.own), error.index);
    }
  }

  async #admit(wish: Wish, index: number, of: number): Promise<void> {
    try {
      await mustBeAllowed(wish, this.own);
    } catch (error) {
      if (error instanceof DomainError) throw new CommandRejected(error, index);
      if (error instanceof AccessRefused && of > 1) throw new AccessRefused(error.code, { ...error.details, index });
      throw error;
    }
  }
}
