import type { Finding, Place } from '../application/ports/finding.ts';
import { projections } from '../projections/index.ts';

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

const readModels = new Set<string>(projections.map(({ table }) => table.name));

const WRONG_ROWS = 'Rows of read models are made anew from the events: npm run rebuild -- --switch.';
const WRONG_SNAPSHOTS =
  'A wrong snapshot can be deleted from the collection: accounts are folded from an earlier one then.';
const WRONG_LEDGER =
  'Nothing makes events, journal or guards right again: keep this database as it is for whoever looks into it, and go back to a backup that verifies.';

const adviceFor = ({ collection, at }: Finding): string => {
  if (collection === 'snapshots' && at.version !== undefined) return WRONG_SNAPSHOTS;
  return readModels.has(collection) && at.row !== undefined ? WRONG_ROWS : WRONG_LEDGER;
};

/** What whoever reads these findings can do about them. What follows from wrong events is as wrong as they are, so those go first. */
export const adviceOn = (findings: readonly Finding[]): readonly string[] => {
  const advice = new Set(findings.map(adviceFor));
  return advice.has(WRONG_LEDGER) ? [WRONG_LEDGER] : [...advice];
};
