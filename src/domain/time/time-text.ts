import { type Instant, instant } from './instant.ts';

/** A moment as it stands in the data of an event: RFC 3339, UTC, milliseconds. */
export const timeText = (moment: Instant): string => new Date(moment).toISOString();

export const instantOf = (text: string): Instant => instant(Date.parse(text));
