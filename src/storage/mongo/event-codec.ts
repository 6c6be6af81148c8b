import type { EventAsRecorded } from '../../application/ports/event-as-recorded.ts';
import type { EventMetadata, RecordedEvent } from '../../domain/account/account-event.ts';
import type { StreamId } from '../../domain/account/account-id.ts';
import { upcast } from '../../domain/account/upcasters.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { instant } from '../../domain/time/instant.ts';

/** An event as MongoDB keeps it: amounts as int64, times as dates, `_id` the event id. */
export type EventDocument = {
  readonly _id: string;
  readonly streamId: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: EventMetadata;
  readonly recordedAt: Date;
  readonly effectiveAt: Date;
};

export const toDocument = (event: RecordedEvent): EventDocument => ({
  _id: event.eventId,
  streamId: event.streamId,
  version: event.version,
  type: event.type,
  schemaVersion: event.schemaVersion,
  data: event.data,
  metadata: event.metadata,
  recordedAt: new Date(event.recordedAt),
  effectiveAt: new Date(event.effectiveAt),
});

/** The event in the shape in which it was written. */
const asRecorded = (document: EventDocument): EventAsRecorded => ({
  eventId: document._id,
  streamId: document.streamId,
  version: document.version,
  type: document.type,
  schemaVersion: document.schemaVersion,
  data: document.data,
  metadata: document.metadata,
  recordedAt: instant(document.recordedAt.getTime()),
  effectiveAt: instant(document.effectiveAt.getTime()),
});

// Whoever writes past the validator of the collection can write anything, and what has no time is no event.
const hasTimes = ({ recordedAt, effectiveAt }: EventDocument): boolean =>
  [recordedAt, effectiveAt].every((time: unknown) => time instanceof Date);

/** Those of these documents that are events, as they were recorded. */
export const eventsAmong = (documents: readonly EventDocument[]): readonly EventAsRecorded[] =>
  documents.filter(hasTimes).map(asRecorded);

/** The event in today's shape, whatever shape it was written in. Rejects with UnknownEventShape. */
export const fromDocument = (document: EventDocument): RecordedEvent => {
  const { schemaVersion, data } = upcast(document.type, document.schemaVersion, document.data);
  // The validator of the collection and the upcasters vouch for the shape; this is the one cast from the store.
  return {
    type: document.type,
    data,
    eventId: document._id as EventId,
    streamId: document.streamId as StreamId,
    effectiveAt: instant(document.effectiveAt.getTime()),
    version: document.version,
    schemaVersion,
    metadata: document.metadata,
    recordedAt: instant(document.recordedAt.getTime()),
  } as RecordedEvent;
};
