import { InvalidArgumentError } from 'commander';
import type { Moment } from '../application/queries/find-account.ts';
import { type Instant, instant } from '../domain/time/instant.ts';

export const time = (text: string): Instant => {
  const milliseconds = Date.parse(text);
  const hasZone = /(?:Z|[+-]\d\d:\d\d)$/.test(text);
  if (Number.isNaN(milliseconds) || !hasZone) {
    throw new InvalidArgumentError('Give a date and time with zone, such as 2026-03-15T14:47:00Z.');
  }
  return instant(milliseconds);
};

export const version = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a version, from 1.');
  return Number(text);
};

const partOf = (text: string): Moment => {
  const [, name, value = ''] = /^(version|asOf|knownAt):(.*)$/.exec(text) ?? [];
  if (name === 'version') return { version: version(value) };
  if (name === 'asOf') return { asOf: time(value) };
  if (name === 'knownAt') return { knownAt: time(value) };
  throw new InvalidArgumentError('Give version:3, asOf:2026-03-31T00:00:00Z, knownAt:…, or asOf:…,knownAt:….');
};

/** A moment as one word: `version:3`, `asOf:2026-03-31T00:00:00Z`, `knownAt:…`, or the two times with a comma between. */
export const moment = (text: string): Moment => {
  const parts = text.split(',').map(partOf);
  const whole: Moment = Object.assign({}, ...parts) as Moment;
  if (whole.version !== undefined && parts.length > 1) {
    throw new InvalidArgumentError('A version cannot be combined with asOf or knownAt.');
  }
  return whole;
};
