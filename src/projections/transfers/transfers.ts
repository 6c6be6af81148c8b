import { tableName } from '../../application/ports/table.ts';
import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { accountIdOf } from '../../domain/account/account-id.ts';
import type { Projection } from '../projection.ts';

export type TransferStatus = 'completed' | 'partially_reversed' | 'reversed';

/** One transfer. `_id` is the transfer id. It follows from the sender's stream alone, which makes it rebuildable by account. */
export type TransferRow = {
  readonly _id: string;
  readonly status: TransferStatus;
  readonly amount: bigint;
  readonly reversedAmount: bigint;
  readonly currency: string;
  readonly fromAccountId: string;
  readonly fromEventId: string;
  readonly fromVersion: number;
  readonly toAccountId: string;
  readonly toEventId: string;
  readonly transactionId?: string;
  readonly reference?: string;
  readonly recordedAt: Date;
  readonly effectiveAt: Date;
};

export const transfersTable = tableName<TransferRow>('transfers');

const completed = (event: RecordedEvent & { type: 'TransferSent' }): TransferRow => ({
  _id: event.data.transferId,
  status: 'completed',
  amount: event.data.amount,
  reversedAmount: 0n,
  currency: event.data.currency,
  fromAccountId: accountIdOf(event.streamId),
  fromEventId: event.eventId,
  fromVersion: event.version,
  toAccountId: event.data.toAccountId,
  toEventId: event.data.counterpartEventId,
  ...(event.metadata.transactionId !== undefined && { transactionId: event.metadata.transactionId }),
  ...(event.data.reference !== undefined && { reference: event.data.reference }),
  recordedAt: new Date(event.recordedAt),
  effectiveAt: new Date(event.effectiveAt),
});

export const transfersProjection: Projection<TransferRow> = {
  table: transfersTable,
  accountIdIn: 'fromAccountId',
  eventIdIn: 'fromEventId',
  project: ({ event }) => {
    if (event.type === 'TransferSent') return [{ kind: 'insert', row: completed(event) }];
    if (event.type !== 'TransactionReversed' || event.data.originalType !== 'TransferSent') return [];
    const { transferId, reversedTotal, originalAmount } = event.data;
    if (transferId === undefined) return [];
    const status = reversedTotal === originalAmount ? 'reversed' : 'partially_reversed';
    return [{ kind: 'patch', id: transferId, set: { status, reversedAmount: reversedTotal } }];
  },
};
