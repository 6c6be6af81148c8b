import { z } from 'zod';
import { type AccountId, idPattern } from '../../domain/account/account-id.ts';
import type { EventId, TransactionId } from '../../domain/event/event-id.ts';
import type { HoldId } from '../../domain/hold/hold-id.ts';
import type { TransferId } from '../../domain/transfer/transfer-id.ts';

const clientId = z.string().regex(idPattern, 'must be 1–64 of A-Z a-z 0-9 . _ - and start alphanumeric');

export const accountId = clientId
  .transform((id) => id as AccountId)
  .meta({ description: 'The account id: 1–64 of `A-Z a-z 0-9 . _ -`.', example: 'alice' });
export const transferId = clientId
  .transform((id) => id as TransferId)
  .meta({ description: 'The transfer id: 1–64 of `A-Z a-z 0-9 . _ -`.', example: 'rent-2026-11' });
export const holdId = clientId
  .transform((id) => id as HoldId)
  .meta({ description: 'The hold id, unique in its account: 1–64 of `A-Z a-z 0-9 . _ -`.', example: 'order-4711' });
export const transactionId = clientId
  .transform((id) => id as TransactionId)
  .meta({ description: 'Your own name for this transaction; the ledger records it at most once, for ever.' });
export const ownerId = clientId.meta({
  description: 'Whose account it is: 1–64 of `A-Z a-z 0-9 . _ -`.',
  example: 'alice',
});
export const eventId = z
  .uuid()
  .transform((id) => id.toLowerCase() as EventId)
  .meta({ description: 'The event id, a UUID v7.' });
