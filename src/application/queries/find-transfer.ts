import { DomainError } from '../../domain/domain-error.ts';
import type { TransferId } from '../../domain/transfer/transfer-id.ts';
import { type TransferRow, transfersTable } from '../../projections/transfers/transfers.ts';
import type { ReadModels } from '../ports/storage.ts';

/** A transfer as it may be shown: how many events the sender has is known to those who may see the sender. */
export type ShownTransfer = Omit<TransferRow, 'fromVersion'> & Partial<Pick<TransferRow, 'fromVersion'>>;

/** Rejects with TRANSFER_NOT_FOUND. */
export const findTransfer =
  (models: ReadModels) =>
  async (transferId: TransferId): Promise<ShownTransfer> => {
    const row = await models.table(transfersTable).get(transferId);
    if (!row) throw new DomainError('TRANSFER_NOT_FOUND', { transferId });
    return row;
  };
