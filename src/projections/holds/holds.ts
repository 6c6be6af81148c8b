import { tableName } from '../../application/ports/table.ts';
import type { Metadata, RecordedEvent } from '../../domain/account/account-event.ts';
import { type AccountId, accountIdOf } from '../../domain/account/account-id.ts';
import { endedBy, type HoldStatus } from '../../domain/hold/hold.ts';
import type { HoldId } from '../../domain/hold/hold-id.ts';
import { instantOf } from '../../domain/time/time-text.ts';
import type { Projection } from '../projection.ts';

/** One hold. It follows from the stream of its account alone, which makes it rebuildable by account. */
export type HoldRow = {
  /** As `holdRowId` makes it. */
  readonly _id: string;
  readonly accountId: string;
  readonly holdId: string;
  readonly status: HoldStatus;
  readonly amount: bigint;
  readonly capturedAmount: bigint;
  readonly currency: string;
  readonly reference?: string;
  readonly metadata?: Metadata;
  readonly expiresAt?: Date;
  readonly placedAt: Date;
  readonly placedEventId: string;
  readonly placedVersion: number;
  readonly endedAt?: Date;
  readonly endedVersion?: number;
};

export const holdsTable = tableName<HoldRow>('holds');

/** Ids of holds are unique in their account. No id has a slash, so the two cannot run together. */
export const holdRowId = ({ accountId, holdId }: { readonly accountId: AccountId; readonly holdId: HoldId }): string =>
  `${accountId}/${holdId}`;

export const holdRowOf = (event: RecordedEvent & { readonly type: 'HoldPlaced' }): HoldRow => {
  const { holdId, amount, currency, reference, metadata, expiresAt } = event.data;
  const accountId = accountIdOf(event.streamId);
  return {
    _id: holdRowId({ accountId, holdId }),
    accountId,
    holdId,
    status: 'placed',
    amount,
    capturedAmount: 0n,
    currency,
    ...(reference !== undefined && { reference }),
    ...(metadata !== undefined && { metadata }),
    ...(expiresAt !== undefined && { expiresAt: new Date(instantOf(expiresAt)) }),
    placedAt: new Date(event.recordedAt),
    placedEventId: event.eventId,
    placedVersion: event.version,
  };
};

export const holdsProjection: Projection<HoldRow> = {
  table: holdsTable,
  accountIdIn: 'accountId',
  eventIdIn: 'placedEventId',
  project: ({ event }) => {
    if (event.type === 'HoldPlaced') return [{ kind: 'insert', row: holdRowOf(event) }];
    const ended = endedBy(event);
    if (!ended) return [];
    const { holdId, ending: status } = ended;
    const captured = event.type === 'HoldCaptured' && { capturedAmount: event.data.amount };
    const set = { status, ...captured, endedAt: new Date(event.recordedAt), endedVersion: event.version };
    return [{ kind: 'patch', id: holdRowId({ accountId: accountIdOf(event.streamId), holdId }), set }];
  },
};
