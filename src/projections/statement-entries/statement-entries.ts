import { tableName } from '../../application/ports/table.ts';
import type { AccountEvent, RecordedEvent } from '../../domain/account/account-event.ts';
import { isOpened } from '../../domain/account/account-state.ts';
import { postingOf } from '../../domain/account/evolve.ts';
import type { Change, Projection } from '../projection.ts';

/** One booked line of an account. `_id` is the id of the event that booked it. */
export type StatementEntryRow = {
  readonly _id: string;
  readonly accountId: string;
  readonly version: number;
  readonly type: AccountEvent['type'];
  /** Signed: credits are positive. */
  readonly amount: bigint;
  readonly currency: string;
  /** The ledger balance after this event, in the order in which events were recorded. */
  readonly balanceAfter: bigint;
  /** Whether an earlier event counts later. Entries that are not back-dated have rising value dates (ADR 0007). */
  readonly backDated: boolean;
  readonly reference?: string;
  readonly counterparty?: string;
  readonly transactionId?: string;
  readonly transferId?: string;
  readonly originalEventId?: string;
  readonly recordedAt: Date;
  readonly effectiveAt: Date;
};

export const statementEntriesTable = tableName<StatementEntryRow>('statement_entries');

type Remarks = Pick<StatementEntryRow, 'reference' | 'counterparty' | 'transferId' | 'originalEventId'>;

const counterpartyOf = ({ type, data }: AccountEvent): string | undefined => {
  switch (type) {
    case 'MoneyDeposited':
      return data.source;
    case 'MoneyWithdrawn':
    case 'HoldCaptured':
      return data.destination;
    case 'TransferSent':
      return data.toAccountId;
    case 'TransferReceived':
      return data.fromAccountId;
    default:
      return undefined;
  }
};

const remarksOf = (event: RecordedEvent): Remarks => {
  const { data } = event;
  const reference = 'reference' in data ? data.reference : 'originalEventId' in data ? data.reason : undefined;
  const counterparty = counterpartyOf(event);
  return {
    ...(reference !== undefined && { reference }),
    ...(counterparty !== undefined && { counterparty }),
    ...('transferId' in data && { transferId: data.transferId }),
    ...('originalEventId' in data && { originalEventId: data.originalEventId }),
  };
};

const entryOf = ({ event, before, after }: Change, amount: bigint): StatementEntryRow => ({
  _id: event.eventId,
  accountId: after.accountId,
  version: event.version,
  type: event.type,
  amount,
  currency: after.currency,
  balanceAfter: after.ledgerBalance,
  backDated: isOpened(before) && event.effectiveAt < before.latestEffectiveAt,
  ...remarksOf(event),
  ...(event.metadata.transactionId !== undefined && { transactionId: event.metadata.transactionId }),
  recordedAt: new Date(event.recordedAt),
  effectiveAt: new Date(event.effectiveAt),
});

export const statementEntriesProjection: Projection<StatementEntryRow> = {
  table: statementEntriesTable,
  accountIdIn: 'accountId',
  eventIdIn: '_id',
  versionIn: 'version',
  project: (change) => {
    const amount = postingOf(change.event);
    return amount === undefined ? [] : [{ kind: 'insert', row: entryOf(change, amount) }];
  },
};
