import type { Branded } from '../branded.ts';

/** A moment in UTC, in whole milliseconds since 1970: the resolution that the store keeps. */
export type Instant = Branded<number, 'Instant'>;

export const instant = (milliseconds: number): Instant => milliseconds as Instant;

export const latest = (...instants: readonly Instant[]): Instant => Math.max(...instants) as Instant;
