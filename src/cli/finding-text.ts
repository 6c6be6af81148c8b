import type { Finding, Place } from '../application/ports/finding.ts';

const names: Readonly<Record<keyof Place, string>> = {
  block: 'block',
  level: 'level',
  tile: 'tile',
  position: 'position',
  streamId: 'stream',
  accountId: 'account',
  row: 'row',
  version: 'version',
  eventId: 'event',
};

const placeText = (at: Place): string =>
  (Object.keys(names) as (keyof Place)[])
    .filter((name) => at[name] !== undefined)
    .map((name) => `${names[name]} ${at[name] ?? ''}`)
    .join(', ');

const comparison = ({ expected, found }: Finding): string =>
  [expected !== undefined && `expected: ${expected}`, found !== undefined && `there is: ${found}`]
    .filter((part) => part !== false)
    .join('; ');

/** One bad place in one sentence: the collection, where in it, what is wrong, what is expected and what is there. */
export const findingText = (finding: Finding): string => {
  const compared = comparison(finding);
  const place = placeText(finding.at);
  const sentence = `${finding.collection}${place === '' ? '' : `, ${place}`}: ${finding.problem}`;
  return compared === '' ? `${sentence}.` : `${sentence} (${compared}).`;
};
