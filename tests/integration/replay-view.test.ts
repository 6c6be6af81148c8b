import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AccountId, streamIdOf } from '../../src/domain/account/account-id.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { inTerminal, type PseudoTerminal } from '../support/pseudo-terminal.ts';
import { runScript } from '../support/run-script.ts';

const RIGHT = '\u001b[C';
const LEFT = '\u001b[D';
const HOME = '\u001b[H';
const END = '\u001b[F';
const PAGE_UP = '\u001b[5~';
const CTRL_C = '\u0003';
const BROKEN = streamIdOf('broken' as AccountId);
const LEAVES_THE_OTHER_SCREEN = '\u001b[?1049l';
const SHOWS_THE_CURSOR = '\u001b[?25h';

let database: TestDatabase;
let api: TestApi;
let open: PseudoTerminal | undefined;

/*
 * v1 opened, v2 deposit 10.00 · v3 withdrawal 2.50 for rent-march · v4 deposit 1.00 dated back to the opening · v5 frozen ·
 * busy: opened, and 250 deposits of 0.01
 */
beforeAll(async () => {
  database = await openTestDatabase();
  api = await startApi(database.storage);
  const { client } = api;
  const openedAt = '2026-01-01T00:00:00.000Z';
  await client.open({ accountId: 'a', effectiveAt: openedAt });
  await client.post('/v1/accounts/a/deposits', { amount: 1_000, currency: 'EUR', effectiveAt: '2026-02-01T00:00:00Z' });
  const rent = { amount: 250, currency: 'EUR', reference: 'rent-march', effectiveAt: '2026-03-01T00:00:00Z' };
  await client.post('/v1/accounts/a/withdrawals', rent);
  await client.post('/v1/accounts/a/deposits', { amount: 100, currency: 'EUR', effectiveAt: openedAt });
  await client.post('/v1/accounts/a/freeze', { reason: 'asked' });
  await client.open({ accountId: 'busy' });
  const commands = Array.from({ length: 250 }, (_, index) => {
    const named = { idempotencyKey: `busy-${index}`, reference: `number ${index}` };
    return { type: 'DepositMoney', accountId: 'busy', amount: 1, currency: 'EUR', ...named };
  });
  await client.post('/v1/batches', { mode: 'atomic', commands });
});
afterAll(async () => {
  await api.close();
  await database.drop();
});
afterEach(async () => {
  open?.signal('SIGTERM');
  await open?.ended;
  open = undefined;
});

const view = (args: readonly string[], size = { columns: 80, rows: 24 }, environment = {}): PseudoTerminal => {
  const command = [process.execPath, 'dist/cli/replay.js', '--interactive', ...args];
  open = inTerminal(command, { MONGODB_URI: database.uri, ...environment }, size);
  return open;
};

const isRestored = async (terminal: PseudoTerminal, code: number): Promise<void> => {
  expect(await terminal.ended).toEqual({ code, canonical: true, echo: true });
  const written = terminal.written();
  expect(written.lastIndexOf(LEAVES_THE_OTHER_SCREEN)).toBeGreaterThan(written.lastIndexOf('\u001b[H'));
  expect(written.lastIndexOf(SHOWS_THE_CURSOR)).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'));
};

describe('npm run replay -- --interactive', () => {
  it('steps back and forth, and shows the account, the event and what it changed', async () => {
    const terminal = view(['--account', 'a']);
    await terminal.shows('event 5 of 5, as recorded');
    await terminal.shows('highest 10.00');
    expect(terminal.screen()).toHaveLength(24);
    terminal.press(LEFT + LEFT);
    const third = (await terminal.shows('event 3 of 5')).join('\n');
    for (const text of ['ledger 7.50', 'MoneyWithdrawn -2.50 EUR', 'ledger balance 10.00 → 7.50', 'rent-march']) {
      expect(third).toContain(text);
    }
    terminal.press(HOME);
    expect((await terminal.shows('event 1 of 5')).join('\n')).toContain('the account began');
    terminal.press(`${LEFT}ll${RIGHT}`);
    await terminal.shows('event 4 of 5');
    terminal.press('q');
    await isRestored(terminal, 0);
  });

  it('goes to a version, to a time and to what is searched for, in an account of several pages', async () => {
    const terminal = view(['--account', 'busy', '--version', '7']);
    await terminal.shows('event 7 of 251');
    terminal.press('g207\r');
    expect((await terminal.shows('event 207 of 251')).join('\n')).toContain('ledger 2.06');
    terminal.press('/NUMBER 120\r');
    expect((await terminal.shows('event 122 of 251')).join('\n')).toContain('reference number 120');
    terminal.press('n');
    await terminal.shows('event 122 of 251');
    terminal.press('/number 12\r');
    await terminal.shows('event 123 of 251');
    terminal.press('N');
    await terminal.shows('event 122 of 251');
    terminal.press('/no such thing\r');
    await terminal.shows('No event says no such thing.');
    terminal.press('g252\r');
    await terminal.shows('There is no version 252 yet.');
    terminal.press('t2001-01-01\r');
    await terminal.shows('There is no event by 2001-01-01');
    terminal.press(`t${new Date().toISOString()}\r`);
    await terminal.shows('event 251 of 251');
    terminal.press(`g207\r${PAGE_UP}`);
    await terminal.shows('event 197 of 251');
    const [, tenth] = (await api.client.get('/v1/accounts/busy/events?limit=2')).body.events as { eventId: string }[];
    terminal.press(`/${tenth?.eventId ?? ''}\r`);
    await terminal.shows('event 2 of 251');
    terminal.press('\r');
    await terminal.shows('"reference": "number 0"');
    terminal.press('?');
    await terminal.shows('Nothing is changed by it.');
    terminal.press('q');
    await isRestored(terminal, 0);
  });

  it('sees what is recorded meanwhile', async () => {
    await api.client.open({ accountId: 'growing' });
    const terminal = view(['--account', 'growing']);
    await terminal.shows('event 1 of 1');
    const deposit = { amount: 5, currency: 'EUR' };
    await api.client.post('/v1/accounts/growing/deposits', deposit);
    terminal.press(RIGHT);
    await terminal.shows('event 2 of 2');
    await api.client.post('/v1/accounts/growing/deposits', deposit);
    terminal.press(HOME);
    await terminal.shows('event 1 of 2');
    terminal.press(END);
    await terminal.shows('event 3 of 3');
  });

  it('steps along the value dates, with all that is known', async () => {
    const terminal = view(['--account', 'a', '--as-of', '2026-02-15T00:00:00Z']);
    const second = (await terminal.shows('event 2 of 5, by value date')).join('\n');
    expect(second).toContain('active at 2026-02-01T00:00:00.000Z');
    expect(second).toContain('ledger 11.00');
    terminal.press(LEFT);
    expect((await terminal.shows('event 4 of 5')).join('\n')).toContain('ledger 1.00');
    terminal.press(END);
    expect((await terminal.shows('event 3 of 5')).join('\n')).toContain('ledger 8.50');
    terminal.press('a');
    expect((await terminal.shows('event 3 of 5, as recorded')).join('\n')).toContain('ledger 7.50');
    await terminal.shows('highest 10.00');
    terminal.press('a');
    await terminal.shows('highest 11.00');
  });

  it('follows the size of the terminal, and says when it is too small', async () => {
    const terminal = view(['--account', 'a'], { columns: 60, rows: 20 });
    await terminal.shows('highest 10.00');
    expect(terminal.screen()).toHaveLength(20);
    terminal.resize(132, 43);
    await expect.poll(() => terminal.screen().length).toBe(43);
    await terminal.shows(/── highest 10.00 ─{110}/);
    terminal.resize(40, 10);
    await terminal.shows('This terminal has 40 × 10 characters');
    terminal.resize(80, 24);
    await terminal.shows('event 5 of 5');
    terminal.press('q');
    await isRestored(terminal, 0);
  });

  it.each([
    ['Ctrl-C', 130, (terminal: PseudoTerminal) => terminal.press(CTRL_C)],
    ['Ctrl-C while something is asked', 130, (terminal: PseudoTerminal) => terminal.press(`g1${CTRL_C}`)],
    ['SIGTERM', 143, (terminal: PseudoTerminal) => terminal.signal('SIGTERM')],
  ])('gives the terminal back after %s', async (_, code, end) => {
    const terminal = view(['--account', 'a']);
    await terminal.shows('highest');
    end(terminal);
    await isRestored(terminal, code);
    expect(terminal.written().slice(terminal.written().lastIndexOf(LEAVES_THE_OTHER_SCREEN))).toContain('Stopped by');
  });

  it('stays where it is where the history is damaged, and says what is wrong', async () => {
    await api.client.open({ accountId: 'broken' });
    const commands = Array.from({ length: 250 }, (_, index) => {
      return {
        type: 'DepositMoney',
        idempotencyKey: `broken-${index}`,
        accountId: 'broken',
        amount: 1,
        currency: 'EUR',
      };
    });
    await api.client.post('/v1/batches', { mode: 'atomic', commands });
    await expect.poll(async () => (await database.storage.snapshots.between(BROKEN, 0, 999)).length).toBe(2);
    const events = database.connection.getClient().db(database.connection.name).collection('events');
    await events.deleteOne({ streamId: BROKEN, version: 107 });
    const terminal = view(['--account', 'broken']);
    await terminal.shows('event 251 of 251');
    terminal.press('g207\r');
    await terminal.shows('event 207 of 251');
    terminal.press('g150\r');
    await terminal.shows('account-broken has version 108 where 107 is due');
    await terminal.shows('event 207 of 251');
    terminal.press('q');
    await isRestored(terminal, 0);
  });

  it('has no colours where NO_COLOR is set', async () => {
    const colour = '\u001b[7m';
    const coloured = view(['--account', 'a']);
    await coloured.shows('highest');
    expect(coloured.written()).toContain(colour);
    coloured.press('q');
    await coloured.ended;
    const plain = view(['--account', 'a'], undefined, { NO_COLOR: '1' });
    await plain.shows('highest');
    expect(plain.written()).not.toContain(colour);
  });

  it('gives the list where there is no terminal, or no such account', async () => {
    const listed = await runScript('replay', ['-i', '--account', 'a'], { MONGODB_URI: database.uri });
    expect(listed.stderr).toContain('This is no terminal that a view can be shown on');
    expect(listed.stdout).toContain('a at version 5: frozen, 8.50 EUR');
    expect(listed.code).toBe(0);
    const absent = view(['--account', 'nobody']);
    expect(await absent.ended).toEqual({ code: 1, canonical: true, echo: true });
    expect(absent.written()).toContain('There is no account nobody');
    const both = await runScript('replay', ['-i', '--json', '--account', 'a'], { MONGODB_URI: database.uri });
    expect(both.stderr).toContain("cannot be used with option '--json'");
    expect(both.code).toBe(1);
  });
});
