import { describe, expect, it } from 'vitest';
import { type Axis, columnOf, placesOf } from '../../../src/application/replay/balance-curve.ts';
import { drawChart } from '../../../src/cli/view/draw-chart.ts';
import { drawView } from '../../../src/cli/view/draw-view.ts';
import { type Intent, intentOf, type Key } from '../../../src/cli/view/keys.ts';
import { colours, plain } from '../../../src/cli/view/paint.ts';
import type { Size, ViewState } from '../../../src/cli/view/view-state.ts';
import { changesOf } from '../../../src/application/replay/account-history.ts';
import { initialState, type OpenedAccount } from '../../../src/domain/account/account-state.ts';
import { accountRowOf } from '../../../src/projections/accounts/accounts.ts';
import { accountFrozen, accountOpened, eur, type Fact, moneyDeposited, moneyWithdrawn } from '../../support/facts.ts';
import { historyOf } from '../../support/given.ts';

const SIZE: Size = { columns: 60, rows: 20 };

/** A view of these facts, standing on the last one. */
const viewOf = (facts: readonly Fact[], changed: Partial<ViewState> = {}): ViewState => {
  const changes = changesOf(initialState(), historyOf(facts).events);
  const change = changes.at(-1);
  if (!change) throw new Error('a view needs an event to stand on');
  const head = change.after;
  const curve = Array.from({ length: SIZE.columns }, (_, column) => BigInt(column));
  const firstRecordedAt = changes[0]?.event.recordedAt ?? head.recordedAt;
  const row = accountRowOf(head);
  return { head, firstRecordedAt, axis: 'recorded', change, row, curve, panel: 'chart', scrolled: 0, ...changed };
};

const rent = { reference: 'rent-march', destination: 'landlord', metadata: { unit: '4' } };
const facts = [accountOpened({ overdraftLimit: 500n }), moneyDeposited(eur(10_00n)), moneyWithdrawn(eur(2_50n), rent)];
const textOf = (state: ViewState, size = SIZE): string => drawView(state, size, plain).join('\n');

describe('the view of an event', () => {
  it('says the account, the event whole, what it changed, and where one stands', () => {
    const text = textOf(viewOf(facts));
    for (const said of [
      'event 3 of 3, as recorded',
      'active at version 3',
      'ledger 7.50',
      'held 0.00',
      'overdraft 5.00',
      'available 12.50',
      'MoneyWithdrawn -2.50 EUR',
      'recorded   2026-03-15T12:02:00.000Z',
      'value date 2026-03-15T12:02:00.000Z',
      'event      given-3',
      'tester, Given, request request',
      'ledger balance 10.00 → 7.50',
      'available balance 15.00 → 12.50',
      'reference rent-march',
      'metadata {"unit":"4"}',
      'destination landlord',
      'highest 0.59',
      'lowest 0.00',
    ]) {
      expect(text).toContain(said);
    }
    expect(textOf(viewOf([...facts, accountFrozen()]))).toContain('changed    status active → frozen');
    expect(textOf(viewOf(facts.slice(0, 1)))).toContain('changed    the account began');
  });

  it.each([
    [60, 20],
    [61, 21],
    [80, 24],
    [132, 50],
    [300, 100],
  ])('fills a terminal of %i × %i and no more', (columns, rows) => {
    const curve = Array.from({ length: columns }, (_, column) => BigInt(column % 7));
    for (const panel of ['chart', 'event', 'help'] as const) {
      const lines = drawView(viewOf(facts, { panel, curve }), { columns, rows }, plain);
      expect(lines).toHaveLength(rows);
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
    }
  });

  it('says so where the terminal is too small', () => {
    expect(textOf(viewOf(facts), { columns: 59, rows: 20 })).toContain('59 × 20');
    expect(textOf(viewOf(facts), { columns: 60, rows: 19 })).toContain('60 × 19');
    expect(drawView(viewOf(facts), { columns: 5, rows: 3 }, plain)).toHaveLength(3);
  });

  it('shows nothing that could move the cursor or turn text around', () => {
    const evil = moneyDeposited(eur(1n), { reference: 'a\u001b[2J\u009b\u202eb', metadata: { x: '\u0007\u2066' } });
    for (const panel of ['chart', 'event'] as const) {
      const text = textOf(viewOf([accountOpened(), evil], { panel }), { columns: 100, rows: 50 });
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
    expect(textOf(viewOf([accountOpened(), evil]))).toContain('reference a·[2J··b');
  });

  it('has colours only where they are wanted', () => {
    expect(drawView(viewOf(facts), SIZE, colours).join('')).toContain('\u001b[');
    expect(textOf(viewOf(facts))).not.toContain('\u001b');
  });

  it('scrolls what does not fit', () => {
    const top = drawView(viewOf(facts, { panel: 'event' }), SIZE, plain);
    const further = drawView(viewOf(facts, { panel: 'event', scrolled: 3 }), SIZE, plain);
    expect(further[1]).toBe(top[4]);
    const end = drawView(viewOf(facts, { panel: 'event', scrolled: 1_000 }), SIZE, plain);
    expect(end.at(-2)).toBe('}');
  });

  it('shows every key that it knows on the page of help, on the smallest terminal without scrolling sideways', () => {
    const text = textOf(viewOf(facts, { panel: 'help' }), { columns: 60, rows: 60 });
    for (const key of ['PgDn', 'End / Home', 'g ', 't ', '/ ', 'n / N', 'a ', 'Enter', '? ', 'Esc', 'q ']) {
      expect(text).toContain(`\n${key}`);
    }
    expect(text).toContain('what is below zero is red.');
  });
});

describe('the chart', () => {
  const amount = (balance: bigint): string => balance.toString();
  const draw = (curve: readonly bigint[], marker: number, rows = 4): readonly string[] =>
    drawChart({ curve, marker, amount }, { columns: curve.length, rows }, plain);

  const rising = Array.from({ length: 17 }, (_, column) => BigInt(column - 8));

  it('rises from one eighth for the lowest to the top for the highest', () => {
    expect(draw(rising, 16)).toEqual([
      '── highest 8 ────',
      '        ▁▁▂▃▄▅▆▇█',
      '▁▂▃▄▅▆▇██████████',
      '── lowest -8 ───▲',
    ]);
  });

  it('keeps the mark and the words apart', () => {
    expect(draw(rising, 0).at(-1)).toBe('▲─── lowest -8 ──');
  });

  it('shows a balance that never moves half-way up, and beyond what a number keeps exact', () => {
    expect(draw([5n, 5n, 5n], 1)[1]).toBe(' ┊ ');
    expect(draw([5n, 5n, 5n], 1)[2]).toBe('███');
    const huge = 2n ** 70n;
    expect(draw([-huge, huge], 1).slice(1, 3)).toEqual([' █', '▁█']);
  });

  it('says that it is read as long as it is', () => {
    const lines = drawChart({ curve: [], marker: 3, amount }, { columns: 30, rows: 4 }, plain);
    expect(lines[0]).toContain('reading the balances');
    expect(lines).toHaveLength(4);
  });
});

describe('the places on an axis', () => {
  const head = { version: 40, openedAt: 1_000, latestEffectiveAt: 9_000 } as OpenedAccount;
  const at = (version: number, effectiveAt = 1_000): { version: number; effectiveAt: number } => ({
    version,
    effectiveAt,
  });

  it.each([40, 41, 79, 200])('give each of 40 events its own column among %i', (columns) => {
    const places = placesOf(head, 'recorded', columns);
    for (let version = 1; version <= 40; version += 1) {
      expect(places[columnOf(head, 'recorded', at(version), columns)]).toBe(version);
    }
  });

  it.each<[Axis, number, number]>([
    ['recorded', 1, 40],
    ['value', 1_000, 9_000],
  ])('as %s run from the first to the last', (axis, first, last) => {
    for (const columns of [2, 7, 60, 500]) {
      const places = placesOf(head, axis, columns);
      expect([places[0], places.at(-1), places.length]).toEqual([first, last, columns]);
      expect(places.toSorted((left, right) => left - right)).toEqual(places);
    }
    expect(columnOf(head, axis, at(40, 9_000), 60)).toBe(59);
    expect(columnOf(head, axis, at(1), 60)).toBe(0);
  });

  it('are one where there is one event', () => {
    const young = { version: 1, openedAt: 5, latestEffectiveAt: 5 } as OpenedAccount;
    expect(placesOf(young, 'recorded', 3)).toEqual([1, 1, 1]);
    expect(columnOf(young, 'value', at(1, 5), 3)).toBe(0);
  });
});

describe('a key', () => {
  const state = viewOf(facts);
  const press = (from: ViewState, ...keys: readonly Key[]): Intent | undefined => {
    let now = from;
    let intent: Intent | undefined;
    for (const key of keys) {
      intent = intentOf(now, key);
      if (intent?.kind === 'show') now = intent.state;
    }
    return intent;
  };
  const typing = (text: string): readonly Key[] =>
    Array.from(text, (character) => ({ name: character, text: character }));
  const ENTER: Key = { name: 'return' };

  it.each<[Key, Intent]>([
    [{ name: 'right' }, { kind: 'move', by: 1 }],
    [
      { name: 'h', text: 'h' },
      { kind: 'move', by: -1 },
    ],
    [{ name: 'pagedown' }, { kind: 'move', by: 10 }],
    [{ name: 'home' }, { kind: 'end', direction: 'asc' }],
    [{ name: 'end' }, { kind: 'end', direction: 'desc' }],
    [{ name: 'a', text: 'a' }, { kind: 'axis' }],
    [{ name: 'escape' }, { kind: 'give up' }],
    [{ name: 'q', text: 'q' }, { kind: 'quit' }],
    [{ name: 'c', ctrl: true }, { kind: 'interrupt' }],
  ])('%j means %j', (key, intent) => {
    expect(intentOf(state, key)).toEqual(intent);
  });

  it('means nothing where there is nothing that it could mean', () => {
    expect(intentOf(state, { name: 'x', text: 'x' })).toBeUndefined();
    expect(intentOf(state, { name: 'a', ctrl: true })).toBeUndefined();
    expect(intentOf(state, {})).toBeUndefined();
  });

  it('answers what is asked', () => {
    expect(press(state, ...typing('g12'), ENTER)).toEqual({ kind: 'version', version: 12 });
    expect(press(state, ...typing('g19'), { name: 'backspace' }, ...typing('2'), ENTER)).toEqual({
      kind: 'version',
      version: 12,
    });
    const march = { kind: 'time', time: Date.UTC(2026, 2, 15) };
    expect(press(state, ...typing('t2026-03-15'), ENTER)).toEqual(march);
    expect(press(state, ...typing('t2026-03-15T01:00:00+01:00'), ENTER)).toEqual(march);
    expect(press(state, ...typing('/quit q'), ENTER)).toEqual({ kind: 'search', text: 'quit q', direction: 'forward' });
    expect(press(state, ...typing('gq'), { name: 'c', ctrl: true })).toEqual({ kind: 'interrupt' });
  });

  it('says what is wrong with an answer, and forgets one that is not wanted', () => {
    const shown = (...keys: readonly Key[]): unknown => press(state, ...keys);
    expect(shown(...typing('g0'), ENTER)).toMatchObject({ state: { message: 'Give a version, from 1.' } });
    expect(shown(...typing('tmarch'), ENTER)).toHaveProperty('state.message');
    expect(shown(...typing('g1'), { name: 'escape' })).not.toHaveProperty('state.prompt');
    expect(shown(...typing('g'), ENTER)).not.toHaveProperty('state.prompt');
  });

  it('searches on for what was searched for, and asks where nothing was', () => {
    const searched = { ...state, searched: 'rent' };
    expect(press(searched, { name: 'n', text: 'n' })).toEqual({ kind: 'search', text: 'rent', direction: 'forward' });
    expect(press(searched, { name: 'n', text: 'N' })).toEqual({ kind: 'search', text: 'rent', direction: 'backward' });
    expect(press(state, { name: 'n', text: 'n' })).toHaveProperty('state.prompt.question', 'search');
  });

  it('opens a page and closes it again', () => {
    expect(press(state, ENTER)).toHaveProperty('state.panel', 'event');
    expect(press(state, ENTER, { name: 'down' }, { name: 'down' }, { name: 'up' })).toHaveProperty('state.scrolled', 1);
    expect(press(state, ENTER, ENTER)).toHaveProperty('state.panel', 'chart');
    expect(press(state, { text: '?' }, { name: 'escape' })).toHaveProperty('state.panel', 'chart');
  });
});
