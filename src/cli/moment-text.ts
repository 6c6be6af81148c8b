import type { Currency } from '../domain/money/currency.ts';
import { table } from '../terminal.ts';
import { decimal } from './money-text.ts';

/** An answer of the API, or a part of one, as it is shown at the terminal. */
export type Shown = Readonly<Record<string, unknown>>;

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? value.toString() : '';

/** An amount in the currency; nothing where there is none. */
export const amount = (value: unknown, currency: string): string =>
  typeof value === 'number' ? decimal(BigInt(value), currency as Currency) : '';

const AMOUNTS = ['ledgerBalance', 'heldAmount', 'overdraftLimit', 'availableBalance'];
const HEAD = ['version', 'status', 'balance', 'held', 'overdraft', 'available'];

const rowOf = (sight: Shown, currency: string): readonly string[] => [
  text(sight.version),
  text(sight.status),
  ...AMOUNTS.map((name) => amount(sight[name], currency)),
];

/** Accounts as they are seen from several moments, one in a line behind its name. */
export const sightLines = (sights: Shown, currency: string): string =>
  table([['', ...HEAD], ...Object.entries(sights).map(([name, sight]) => [name, ...rowOf(sight as Shown, currency)])]);

const EVENT = ['version', 'type', 'amount', 'recordedAt', 'effectiveAt'];

/** Events, one in a line, with what else is said about each of them. */
export const eventLines = (events: readonly Shown[], currency: string, ...others: readonly string[]): string => {
  if (events.length === 0) return 'No events.';
  const columns = [...EVENT, ...others];
  const rows = events.map((event) =>
    columns.map((name) => (name === 'amount' ? amount(event.amount, currency) : text(event[name]))),
  );
  return table([columns, ...rows]);
};

const outcomeOf = ({ outcome, status, problem }: Shown): string =>
  text((problem as Shown | undefined)?.code ?? outcome ?? status);

/** What became of each command, and the account behind it. */
export const stepLines = (steps: readonly Shown[], currency: string): string => {
  const rows = steps.map((step) => [outcomeOf(step), ...rowOf(step.account as Shown, currency)]);
  return table([['outcome', ...HEAD], ...rows]);
};

/** What would have become of each event, and the account behind it. */
export const alteredLines = (events: readonly Shown[], currency: string): string => {
  const rows = events.map((event) => {
    const altered = (event.altered ?? {}) as Shown;
    return [text(event.version), text(event.type), outcomeOf(event), ...rowOf(altered, currency)];
  });
  return table([['event', 'type', 'outcome', 'then version', ...HEAD.slice(1)], ...rows]);
};

/** How many of the events behind the altered one would not have happened. */
export const refusedText = ([, ...later]: readonly Shown[]): string => {
  const refused = later.filter(({ outcome }) => outcome === 'rejected');
  if (refused.length === 0) return `None of the ${later.length} later events would have been refused.`;
  const which = refused.map(({ version }) => text(version)).join(', ');
  return `Of the ${later.length} later events ${refused.length} would have been refused: ${which}.`;
};
