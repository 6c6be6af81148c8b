import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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
});
