import type { EventId } from '../../domain/event/event-id.ts';
import type { Change } from '../../projections/projection.ts';
import { tableName } from '../ports/table.ts';
import type { Answer, Envelope } from '../commands/command.ts';

/** The first answer to a key. `_id` is the caller and the key; a key has no spaces, so the two cannot run together. */
export type IdempotencyKeyRow = {
  readonly _id: string;
  readonly requestHash: string;
  readonly status: number;
  readonly body: string;
  readonly etag?: string;
  readonly location?: string;
  readonly eventIds: readonly string[];
  /** When the store may forget it: housekeeping, never the guard against doubles within that time. */
  readonly expiresAt: Date;
};

/** A business transaction id and the event that used it, for ever. */
export type TransactionIdRow = { readonly _id: string; readonly eventId: string };

export const idempotencyKeysTable = tableName<IdempotencyKeyRow>('idempotency_keys');
export const transactionIdsTable = tableName<TransactionIdRow>('transaction_ids');

/** Keys belong to the caller that used them. */
export const keyIdOf = (actor: string, key: string): string => `${actor} ${key}`;

export const idempotencyKeyIdOf = ({ actor, idempotency }: Envelope): string | undefined =>
  idempotency && keyIdOf(actor, idempotency.key);

export const answerOf = ({ status, body, etag, location }: IdempotencyKeyRow): Answer => ({
  status,
  body,
  ...(etag !== undefined && { etag }),
  ...(location !== undefined && { location }),
});

/** What makes the same key answer the same from now on; none where the caller gave no key. */
export const idempotencyKeyRowOf = (
  envelope: Envelope,
  answer: Answer,
  changes: readonly Change[],
  expiresAt: Date,
): IdempotencyKeyRow | undefined => {
  const id = idempotencyKeyIdOf(envelope);
  if (id === undefined || !envelope.idempotency) return undefined;
  const eventIds = changes.map(({ event }) => event.eventId);
  return { _id: id, requestHash: envelope.idempotency.requestHash, ...answer, eventIds, expiresAt };
};

export const transactionIdRowOf = (envelope: Envelope, eventId: EventId): TransactionIdRow | undefined =>
  envelope.transactionId === undefined ? undefined : { _id: envelope.transactionId, eventId };
