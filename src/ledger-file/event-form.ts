import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import { canonicalEvent } from '../journal/canonical-event.ts';
import { instant } from '../domain/time/instant.ts';

/** What the canonical text does not tell of a value: whether a number is an amount (1), and in which order members were written. */
export type Form = 0 | 1 | readonly Form[] | { readonly [member: string]: Form };

type Members = Readonly<Record<string, unknown>>;

const formOfValue = (value: unknown): Form => {
  if (typeof value === 'bigint') return 1;
  if (Array.isArray(value)) return value.map(formOfValue);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, formOfValue(member)]));
};

const inForm = (value: unknown, form: Form): unknown => {
  if (form === 0) return value;
  if (form === 1) return BigInt(value as number);
  if (Array.isArray(form)) return form.map((own: Form, place) => inForm((value as readonly unknown[])[place], own));
  return Object.fromEntries(Object.entries(form).map(([name, own]) => [name, inForm((value as Members)[name], own)]));
};

/** The form of an event, as JSON. */
export const formOf = ({ data, metadata }: EventAsRecorded): string =>
  JSON.stringify([formOfValue(data), formOfValue(metadata)]);

const timeIn = (text: unknown): EventAsRecorded['recordedAt'] => instant(Date.parse(String(text)));

const read = (text: string, [data, metadata]: readonly [Form, Form]): EventAsRecorded => {
  const members = JSON.parse(text) as Members;
  return {
    eventId: String(members.eventId),
    streamId: String(members.streamId),
    version: Number(members.version),
    type: String(members.type),
    schemaVersion: Number(members.schemaVersion),
    data: inForm(members.data, data) as Members,
    metadata: inForm(members.metadata, metadata) as Members,
    recordedAt: timeIn(members.recordedAt),
    effectiveAt: timeIn(members.effectiveAt),
  };
};

/**
 * The event with this canonical text, member for member and type for type as it was recorded. Undefined where the text is no event of
 * this form: what is given always has exactly this text.
 */
export const eventFrom = (text: string, form: readonly [Form, Form]): EventAsRecorded | undefined => {
  try {
    const event = read(text, form);
    return canonicalEvent(event) === text ? event : undefined;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
};
