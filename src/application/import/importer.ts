import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { EventId, TransactionId } from '../../domain/event/event-id.ts';
import type { Currency } from '../../domain/money/currency.ts';
import type { Command, Wish } from '../commands/command.ts';
import type { Ledger } from '../ledger.ts';
import { newId } from '../new-id.ts';
import type { Storage } from '../ports/storage.ts';
import type { AccountPlan } from './account-plan.ts';
import type { BankRow } from './bank-row.ts';

/** What became of a row. */
export type RowOutcome =
  | { readonly kind: 'posted' }
  /** An earlier run, or an earlier row, posted this very transaction. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'refused'; readonly reason: string };

export type ImportTarget = {
  readonly ledger: Ledger;
  readonly storage: Storage;
  readonly currency: Currency;
  readonly ownerId: string;
  readonly plans: ReadonlyMap<AccountId, AccountPlan>;
};

/**
 * Posts a bank's rows through the ledger's one door, each under the bank's own transaction id, so that a row can be sent again
 * and counts once. Rejects only where the ledger cannot be reached: start again then, and what is there is skipped.
 */
export class Importer {
  readonly #correlationId = newId();
  readonly #opened = new Set<AccountId>();

  constructor(private readonly target: ImportTarget) {}

  /** Rows keep their order only when this is called in that order; it need not be awaited in between. */
  async post(row: BankRow): Promise<RowOutcome> {
    const opening = this.#openOnce(row.accountId);
    const posting = this.#submit(this.#wishOf(row), row.transactionId);
    // Both are in the queue now, one behind the other: whatever happens to one, both must be waited for.
    const [opened, posted] = await Promise.allSettled([opening, posting]);
    if (opened.status === 'rejected') return refusalOf(opened.reason);
    if (posted.status === 'fulfilled') return { kind: 'posted' };
    const error: unknown = posted.reason;
    if (error instanceof DomainError && error.code === 'TRANSACTION_ALREADY_RECORDED') return this.#compare(row, error);
    return refusalOf(error);
  }

  async #openOnce(accountId: AccountId): Promise<void> {
    const plan = this.target.plans.get(accountId);
    if (!plan || this.#opened.has(accountId)) return;
    this.#opened.add(accountId);
    const { currency, ownerId } = this.target;
    const { overdraftLimit, openedAt: effectiveAt } = plan;
    try {
      await this.#submit({ type: 'OpenAccount', accountId, ownerId, currency, overdraftLimit, effectiveAt });
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'ACCOUNT_ALREADY_EXISTS') throw error;
    }
  }

  #wishOf({ direction, accountId, amountMinor, bookingDate, operation, category }: BankRow): Wish {
    const common = {
      accountId,
      money: { amount: amountMinor, currency: this.target.currency },
      effectiveAt: bookingDate,
      ...(category && { reference: category }),
    };
    if (direction === 'credit') return { type: 'DepositMoney', ...common, ...(operation && { source: operation }) };
    return { type: 'WithdrawMoney', ...common, ...(operation && { destination: operation }) };
  }

  async #submit(wish: Wish, transactionId?: TransactionId): Promise<void> {
    const command: Command = {
      wish,
      envelope: {
        correlationId: this.#correlationId,
        actor: 'import',
        eventIds: [newId() as EventId, newId() as EventId],
        ...(transactionId !== undefined && { transactionId }),
      },
    };
    await this.target.ledger.submit(command);
  }

  /** The same transaction id for something else is no repetition: it would hide a row that never was posted. */
  async #compare(row: BankRow, { details }: DomainError): Promise<RowOutcome> {
    const event = await this.target.storage.events.get(details.eventId as EventId);
    const type = row.direction === 'credit' ? 'MoneyDeposited' : 'MoneyWithdrawn';
    const isSame =
      event?.type === type &&
      event.streamId === streamIdOf(row.accountId) &&
      event.data.amount === row.amountMinor &&
      event.effectiveAt === row.bookingDate;
    if (isSame) return { kind: 'skipped' };
    return {
      kind: 'refused',
      reason: `transactionId ${row.transactionId} was used by another transaction, ${details.eventId ?? ''}`,
    };
  }
}

const refusalOf = (error: unknown): RowOutcome => {
  if (!(error instanceof DomainError)) throw error;
  const details = Object.entries(error.details).map(([name, value]) => `${name} ${value}`);
  return { kind: 'refused', reason: [error.code, ...details].join(', ') };
};
