import { accountIdOf, type StreamId } from '../../domain/account/account-id.ts';
import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { transactionIdsTable } from '../commit/claims.ts';
import type { Finding } from '../ports/finding.ts';
import type { Storage } from '../ports/storage.ts';

/**
 * The events of one stream whose transaction id is not kept: it could be used once more. What is kept and no event has is found where rows
 * are looked at that follow from none.
 */
export const checkTransactionIds = async (
  { table }: Pick<Storage, 'table'>,
  streamId: StreamId,
  events: readonly RecordedEvent[],
): Promise<readonly Finding[]> => {
  const using = events.flatMap(({ version, metadata: { transactionId: id } }) =>
    id === undefined ? [] : [{ version, id }],
  );
  if (using.length === 0) return [];
  const rows = await table(transactionIdsTable).getMany([...new Set(using.map(({ id }) => id))]);
  const kept = new Set(rows.map(({ _id }) => _id));
  return using
    .filter(({ id }) => !kept.has(id))
    .map(({ id: row, version }) => ({
      collection: transactionIdsTable.name,
      at: { accountId: accountIdOf(streamId), row, version },
      problem: 'the row is missing',
    }));
};
