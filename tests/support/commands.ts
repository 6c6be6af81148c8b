import { randomUUID } from 'node:crypto';
import type { Command, Wish } from '../../src/application/commands/command.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import { minorUnits, type Money } from '../../src/domain/money/money.ts';
import type { TransferId } from '../../src/domain/transfer/transfer-id.ts';
import type { TransactionId } from '../../src/domain/event/event-id.ts';
import { euro, newEventId } from './recorded-events.ts';

export const eur = (amount: bigint): Money => ({ amount: minorUnits(amount), currency: euro });

type Naming = { readonly key?: string; readonly transactionId?: string };

/** A wish on its way to the ledger. The same key with the same wish is the same request. */
export const commandOf = (wish: Wish, { key = randomUUID(), transactionId }: Naming = {}): Command => ({
  wish,
  envelope: {
    correlationId: randomUUID(),
    actor: 'anonymous',
    idempotency: {
      key,
      requestHash: JSON.stringify(wish, (_, cell: unknown) => (typeof cell === 'bigint' ? `${cell}n` : cell)),
    },
    eventIds: [newEventId(), newEventId()],
    ...(transactionId !== undefined && { transactionId: transactionId as TransactionId }),
  },
});

export const openAccount = (accountId: string, initialDeposit?: bigint): Wish => ({
  type: 'OpenAccount',
  accountId: accountId as AccountId,
  ownerId: 'owner',
  currency: euro,
  overdraftLimit: minorUnits(0n),
  ...(initialDeposit !== undefined && { initialDeposit: { amount: minorUnits(initialDeposit) } }),
});

export const depositMoney = (accountId: string, amount: bigint): Wish => ({
  type: 'DepositMoney',
  accountId: accountId as AccountId,
  money: eur(amount),
});

export const withdrawMoney = (accountId: string, amount: bigint): Wish => ({
  type: 'WithdrawMoney',
  accountId: accountId as AccountId,
  money: eur(amount),
});

export const transferMoney = (from: string, to: string, amount: bigint, transferId: string = randomUUID()): Wish => ({
  type: 'TransferMoney',
  transferId: transferId as TransferId,
  fromAccountId: from as AccountId,
  toAccountId: to as AccountId,
  money: eur(amount),
});
