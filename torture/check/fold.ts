import type { StoredEvent } from './streams.ts';

/** What an account holds after an event, worked out by other rules than the ledger's own. */
export type Standing = {
  readonly ledgerBalance: number;
  readonly heldAmount: number;
  readonly overdraftLimit: number;
};

export const nothing: Standing = { ledgerBalance: 0, heldAmount: 0, overdraftLimit: 0 };

export const availableOf = ({ ledgerBalance, heldAmount, overdraftLimit }: Standing): number =>
  ledgerBalance - heldAmount + overdraftLimit;

type Effect = (event: StoredEvent['data'] & { readonly amount: number }) => Partial<Standing>;

const credit: Effect = ({ amount }) => ({ ledgerBalance: amount });
const debit: Effect = ({ amount }) => ({ ledgerBalance: -amount });
const unhold: Effect = ({ amount }) => ({ heldAmount: -amount });

const credited = new Set(['MoneyDeposited', 'TransferReceived']);

/** What each kind of event adds. */
const effects: Readonly<Record<string, Effect>> = {
  AccountOpened: ({ overdraftLimit = 0 }) => ({ overdraftLimit }),
  MoneyDeposited: credit,
  TransferReceived: credit,
  MoneyWithdrawn: debit,
  TransferSent: debit,
  HoldPlaced: ({ amount }) => ({ heldAmount: amount }),
  HoldCaptured: ({ amount, holdAmount = 0 }) => ({ ledgerBalance: -amount, heldAmount: -holdAmount }),
  HoldReleased: unhold,
  HoldExpired: unhold,
  TransactionReversed: ({ amount, originalType = '' }) => ({
    ledgerBalance: credited.has(originalType) ? -amount : amount,
  }),
};

/** Undefined where the event is of no kind that this bank knows. */
export const foldOne = (before: Standing, { type, data }: StoredEvent): Standing | undefined => {
  const added = effects[type]?.({ ...data, amount: data.amount ?? 0 });
  return (
    added && {
      ledgerBalance: before.ledgerBalance + (added.ledgerBalance ?? 0),
      heldAmount: before.heldAmount + (added.heldAmount ?? 0),
      overdraftLimit: before.overdraftLimit + (added.overdraftLimit ?? 0),
    }
  );
};
