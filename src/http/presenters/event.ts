import type { EventAsRecorded } from '../../application/ports/event-as-recorded.ts';
import { amountOnWire, type Json, timeOnWire } from './wire.ts';

export const presentEvent = (event: EventAsRecorded): Json => ({
  eventId: event.eventId,
  streamId: event.streamId,
  version: event.version,
  type: event.type,
  schemaVersion: event.schemaVersion,
  data: Object.fromEntries(
    Object.entries(event.data).map(([name, value]) => [name, typeof value === 'bigint' ? amountOnWire(value) : value]),
  ),
  metadata: event.metadata,
  recordedAt: timeOnWire(event.recordedAt),
  effectiveAt: timeOnWire(event.effectiveAt),
});
