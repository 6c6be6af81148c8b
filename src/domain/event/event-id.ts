import type { Branded } from '../branded.ts';

/** UUID v7 (RFC 9562 §5.7): ids made in a later millisecond sort later. */
export type EventId = Branded<string, 'EventId'>;

/** The client's own name for a business transaction, unique in the ledger for ever. */
export type TransactionId = Branded<string, 'TransactionId'>;
