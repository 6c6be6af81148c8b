import { v7 as uuid } from 'uuid';
import type { AccountEvent, EventMetadata, RecordedEvent } from '../../src/domain/account/account-event.ts';
import { type AccountId, type StreamId, streamIdOf } from '../../src/domain/account/account-id.ts';
import { schemaVersions } from '../../src/domain/account/upcasters.ts';
import type { EventId } from '../../src/domain/event/event-id.ts';
import type { Currency } from '../../src/domain/money/currency.ts';
import { minorUnits } from '../../src/domain/money/money.ts';
import { instant } from '../../src/domain/time/instant.ts';

export const euro = 'EUR' as Currency;

/** A fixed moment, so that what a test expects does not hang on when it runs; later ones are counted from it. */
export const noon = Date.UTC(2026, 2, 15, 12);

export const streamOf = (accountId: string): StreamId => streamIdOf(accountId as AccountId);

export const newEventId = (): EventId => uuid() as EventId;

export const someMetadata: EventMetadata = {
  correlationId: 'request-1',
  causationId: 'request-1',
  actor: 'anonymous',
  command: 'Test',
};

type Envelope = Partial<Pick<RecordedEvent, 'eventId' | 'effectiveAt' | 'recordedAt' | 'schemaVersion' | 'metadata'>>;

/** Any fact as the store takes it: at this version, recorded that many seconds past noon. */
export const recorded = (
  accountId: string,
  version: number,
  fact: AccountEvent,
  envelope: Envelope = {},
): RecordedEvent => ({
  eventId: newEventId(),
  streamId: streamOf(accountId),
  version,
  schemaVersion: schemaVersions[fact.type],
  metadata: someMetadata,
  recordedAt: instant(noon + version * 1_000),
  effectiveAt: instant(noon + version * 1_000),
  ...fact,
  ...envelope,
});

export const accountOpened = (accountId: string, envelope?: Envelope): RecordedEvent => {
  const data = { accountId: accountId as AccountId, ownerId: 'owner', currency: euro, overdraftLimit: minorUnits(0n) };
  return recorded(accountId, 1, { type: 'AccountOpened', data }, envelope);
};

export const moneyDeposited = (
  accountId: string,
  version: number,
  amount: bigint,
  envelope?: Envelope,
): RecordedEvent => {
  const data = { amount: minorUnits(amount), currency: euro };
  return recorded(accountId, version, { type: 'MoneyDeposited', data }, envelope);
};

/** Part of an earlier deposit taken back, `reversedTotal` of it so far. */
export const depositReversed = (
  accountId: string,
  version: number,
  original: EventId,
  { amount, reversedTotal, of }: { amount: bigint; reversedTotal: bigint; of: bigint },
): RecordedEvent => {
  const data = {
    amount: minorUnits(amount),
    currency: euro,
    originalEventId: original,
    originalType: 'MoneyDeposited' as const,
    originalAmount: minorUnits(of),
    reversedTotal: minorUnits(reversedTotal),
    reason: 'a mistake',
  };
  return recorded(accountId, version, { type: 'TransactionReversed', data });
};

/** An opening and deposits of one minor unit each, up to version `last`. */
export const streamUpTo = (accountId: string, last: number): readonly RecordedEvent[] => [
  accountOpened(accountId),
  ...Array.from({ length: last - 1 }, (_, index) => moneyDeposited(accountId, index + 2, 1n)),
];

/** How an account was opened before there were overdrafts: without a limit. */
export const accountOpenedAtSchemaVersion1 = (accountId: string): RecordedEvent => {
  const opened = accountOpened(accountId, { schemaVersion: 1 });
  const data = { accountId, ownerId: 'owner', currency: 'EUR' };
  return { ...opened, data } as unknown as RecordedEvent;
};
