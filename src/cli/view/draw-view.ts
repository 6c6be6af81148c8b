import { columnOf } from '../../application/replay/balance-curve.ts';
import { cellsThatDiffer } from '../../application/replay/differences.ts';
import { isOpened } from '../../domain/account/account-state.ts';
import { postingOf } from '../../domain/account/evolve.ts';
import { presentEvent } from '../../http/presenters/event.ts';
import { accountRowOf } from '../../projections/accounts/accounts.ts';
import type { Change } from '../../projections/projection.ts';
import { decimal } from '../money-text.ts';
import { toJson } from '../script.ts';
import { drawChart } from './draw-chart.ts';
import { HELP } from './keys.ts';
import { charactersOf, fit, flow, type Paint, printable, wrap } from './paint.ts';
import { type Size, SMALLEST, type ViewState } from './view-state.ts';

const TITLE_AND_STATUS = 2;
const LEAST_CHART = 6;

const iso = (moment: number): string => new Date(moment).toISOString();

type Amount = (amount: bigint) => string;

const amountIn =
  ({ head }: ViewState): Amount =>
  (amount) =>
    decimal(amount, head.currency);

const words = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const valueText = (value: unknown, amount: Amount): string => {
  if (typeof value === 'bigint') return amount(value);
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
};

const titleOf = ({ head, change, axis }: ViewState, width: number): string => {
  const order = axis === 'recorded' ? 'as recorded' : 'by value date';
  const place = `event ${change.event.version} of ${head.version}, ${order}`;
  const name = fit(`${head.accountId} · ${head.currency}`, width - place.length - 1);
  return name.padEnd(width - place.length) + place;
};

const accountLines = ({ row, axis, change }: ViewState, amount: Amount): readonly string[] => {
  const from =
    axis === 'recorded' ? `version ${change.event.version}` : `${iso(change.event.effectiveAt)}, all that is known`;
  const pair = (left: string, right: string): string => `  ${left.padEnd(28)}  ${right}`;
  return [
    `${row.status} at ${from}`,
    pair(`ledger ${amount(row.ledgerBalance)}`, `held ${amount(row.heldAmount)}`),
    pair(`overdraft ${amount(row.overdraftLimit)}`, `available ${amount(row.availableBalance)}`),
  ];
};

/** What is different behind every event says nothing about this one. */
const always = new Set(['version', 'updatedAt']);

const changedIn = ({ before, after }: Change, amount: Amount): readonly string[] => {
  if (!isOpened(before)) return ['the account began'];
  const fields = Object.keys(accountRowOf(after));
  const cells = cellsThatDiffer(accountRowOf(before), accountRowOf(after)).filter(({ field }) => !always.has(field));
  if (cells.length === 0) return ['nothing that is said of the account'];
  const of = (value: unknown): string => valueText(value, amount);
  return cells
    .toSorted((left, right) => fields.indexOf(left.field) - fields.indexOf(right.field))
    .map(({ field, expected, found }) => `${words(field)} ${of(expected)} → ${of(found)}`);
};

const eventLines = ({ change }: ViewState, amount: Amount): readonly string[] => {
  const { event } = change;
  const { actor, command, correlationId, approvedBy } = event.metadata;
  const approval = approvedBy === undefined ? '' : `, approved by ${approvedBy}`;
  return [
    `  recorded   ${iso(event.recordedAt)}`,
    `  value date ${iso(event.effectiveAt)}`,
    `  event      ${event.eventId}`,
    `  by         ${printable(`${actor}, ${command}, request ${correlationId}${approval}`)}`,
    ...changedIn(change, amount).map((text, index) => `  ${index === 0 ? 'changed' : '       '}    ${text}`),
  ];
};

const headingOf = ({ change, head }: ViewState, amount: Amount, paint: Paint): string => {
  const posting = postingOf(change.event);
  if (posting === undefined) return paint('bold', change.event.type);
  const sign = posting > 0n ? '+' : '';
  const colour = posting < 0n ? 'red' : 'green';
  return `${paint('bold', change.event.type)} ${paint(colour, `${sign}${amount(posting)} ${head.currency}`)}`;
};

/** All that the event says, in as many lines as there is room for. */
const dataLines = ({ change }: ViewState, amount: Amount, { columns, rows }: Size): readonly string[] => {
  // The heading has the amount of what is booked.
  const isSaid = (name: string): boolean =>
    postingOf(change.event) !== undefined && (name === 'amount' || name === 'currency');
  const said = Object.entries(change.event.data).filter(([name]) => !isSaid(name));
  const parts = said.map(([name, value]) => `${words(name)} ${valueText(value, amount)}`);
  const lines = flow(parts, columns - 2).map((line) => `  ${line}`);
  if (lines.length <= rows) return lines;
  return rows <= 0 ? [] : [...lines.slice(0, rows - 1), '  … Enter shows all of it'];
};

const chartLines = (state: ViewState, amount: Amount, size: Size, paint: Paint): readonly string[] => {
  const { head, axis, change, curve, firstRecordedAt } = state;
  const { columns, rows } = size;
  const [from, to] = axis === 'recorded' ? [firstRecordedAt, head.recordedAt] : [head.openedAt, head.latestEffectiveAt];
  const place = { effectiveAt: change.event.effectiveAt, version: change.event.version };
  const marker = columnOf(head, axis, place, columns);
  const [left, right] = [iso(from).slice(0, 19), iso(to).slice(0, 19)];
  return [
    ...drawChart({ curve, marker, amount }, { columns, rows: rows - 1 }, paint),
    `${left}Z${right.padStart(columns - left.length - 2)}Z`,
  ];
};

const standing = (state: ViewState, size: Size, paint: Paint): readonly string[] => {
  const amount = amountIn(state);
  const { columns } = size;
  const room = size.rows - TITLE_AND_STATUS;
  const above = [...accountLines(state, amount), ...eventLines(state, amount)].map((line) => fit(line, columns));
  const [account, event] = [above.slice(0, 3), above.slice(3)];
  const rows = room - above.length - 1 - LEAST_CHART;
  const data = dataLines(state, amount, { columns, rows });
  const top = [...account, headingOf(state, amount, paint), ...event, ...data];
  return [...top, ...chartLines(state, amount, { columns, rows: room - top.length }, paint)];
};

const scrolling = (text: string, { scrolled }: ViewState, { columns, rows }: Size): readonly string[] => {
  const lines = text.split('\n').flatMap((line) => wrap(printable(line), columns));
  const room = rows - TITLE_AND_STATUS;
  const first = Math.min(scrolled, Math.max(0, lines.length - room));
  return lines.slice(first, first + room);
};

const statusLine = ({ prompt, message, panel }: ViewState, width: number): string => {
  if (prompt)
    return `${QUESTIONS[prompt.question]}${charactersOf(printable(prompt.text))
      .slice(-(width - 20))
      .join('')}▏`;
  if (message !== undefined) return printable(message);
  if (panel !== 'chart') return '↑ ↓ scroll  Enter back  q quit';
  return '← → step  g version  t time  / search  a axis  ? help  q quit';
};

const QUESTIONS = {
  version: 'Go to version: ',
  time: 'Go to time: ',
  search: 'Search: ',
};

const bodyOf = (state: ViewState, size: Size, paint: Paint): readonly string[] => {
  if (state.panel === 'help') return scrolling(HELP, state, size);
  if (state.panel === 'event') return scrolling(toJson(presentEvent(state.change.event)), state, size);
  return standing(state, size, paint);
};

/** The screen, line by line: no more lines, and none longer, than there is room for. */
export const drawView = (state: ViewState, size: Size, paint: Paint): readonly string[] => {
  const { columns, rows } = size;
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) {
    const sentence = `This terminal has ${columns} × ${rows} characters; ${SMALLEST.columns} × ${SMALLEST.rows} are needed. Enlarge it, or press q.`;
    return wrap(sentence, columns).slice(0, rows);
  }
  const body = bodyOf(state, size, paint);
  const filled = [...body, ...Array<string>(Math.max(0, rows - TITLE_AND_STATUS - body.length)).fill('')];
  const status = fit(statusLine(state, columns), columns);
  return [paint('inverse', titleOf(state, columns)), ...filled, paint('dim', status)];
};
