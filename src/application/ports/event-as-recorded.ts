import type { Instant } from '../../domain/time/instant.ts';

/**
 * An event in the shape in which it was written, which may be an older one than today's: what the journal seals must be the same
 * for ever. Amounts are bigint, as the store keeps them.
 */
export type EventAsRecorded = {
  readonly eventId: string;
  readonly streamId: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly recordedAt: Instant;
  readonly effectiveAt: Instant;
};
