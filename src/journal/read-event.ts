import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import { instant } from '../domain/time/instant.ts';
import { canonicalEvent } from './canonical-event.ts';

type Members = Readonly<Record<string, unknown>>;

/** A text that was sealed, or is said to have been, and is not that of an event; the message says why. */
export class NoEvent extends Error {
  override readonly name = 'NoEvent';
}

// JSON has one kind of number. In the data of an event a whole number is an amount in minor units, unless its name says that it is a moment.
const dataFrom = (data: Members): Members =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      Number.isSafeInteger(value) && !name.endsWith('At') ? BigInt(value as number) : value,
    ]),
  );

const parse = (text: string): EventAsRecorded => {
  const { data, effectiveAt, recordedAt, ...envelope } = JSON.parse(text) as Members & { readonly data: Members };
  return {
    ...envelope,
    data: dataFrom(data),
    effectiveAt: instant(Date.parse(effectiveAt as string)),
    recordedAt: instant(Date.parse(recordedAt as string)),
  } as EventAsRecorded;
};

const isEnvelope = ({ eventId, streamId, type, version, schemaVersion }: EventAsRecorded): boolean =>
  [eventId, streamId, type].every((member) => typeof member === 'string') &&
  [version, schemaVersion].every((member) => Number.isSafeInteger(member));

/** The event that has this canonical text. Throws NoEvent where it is not the one text of an event. */
export const readEvent = (text: string): EventAsRecorded => {
  try {
    const event = parse(text);
    if (isEnvelope(event) && canonicalEvent(event) === text) return event;
  } catch {
    // Whatever it is, it is no event.
  }
  throw new NoEvent('the text of an event is not in its canonical form');
};
