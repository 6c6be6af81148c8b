import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdReceiptView, holdsView, holdView } from '../../src/http/schemas/hold-views.ts';
import { accountView, reversalView, statementView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf, uuidV7 } from './expectations.ts';
import { ManualClock, opened, useWorld } from './world.ts';

const clock = new ManualClock();
const world = useWorld(clock);

const eur = (amount: number, rest: Json = {}): Json => ({ amount, currency: 'EUR', ...rest });
const post = (path: string, body: Json, headers: Record<string, string> = {}): Promise<Reply> =>
  world.client.post(path, body, headers);
const day = (text: string): string => `2040-${text}T00:00:00.000Z`;

let id = '';
let holds = '';

const fresh = async (): Promise<void> => {
  id = await opened(world.client, { initialDeposit: { amount: 1_000 } });
  holds = `/v1/accounts/${id}/holds`;
};

const place = async (holdId: string, amount: number, rest: Json = {}) =>
  bodyAs(holdReceiptView, await post(holds, eur(amount, { holdId, ...rest })), 201);

const accountAt = async (query = '') => bodyAs(accountView, await world.client.get(`/v1/accounts/${id}${query}`));

describe('a hold', () => {
  beforeEach(fresh);

  it('reserves an amount: it is answered with what is held and what is available, and can be read', async () => {
    const expiresAt = '2041-01-01T00:00:00.000Z';
    const said = { reference: 'order 7', metadata: { table: '4' }, expiresAt };
    const reply = await post(holds, eur(400, { holdId: 'order-7', ...said }));
    const receipt = bodyAs(holdReceiptView, reply, 201);
    const now = new Date(clock.now()).toISOString();
    expect(receipt).toMatchObject({
      type: 'HoldPlaced',
      accountId: id,
      holdId: 'order-7',
      amount: 400,
      currency: 'EUR',
      ledgerBalance: 1_000,
      heldAmount: 400,
      availableBalance: 600,
      version: 3,
      recordedAt: now,
      effectiveAt: now,
    });
    expect(reply.headers.get('etag')).toBe('"3"');
    expect(reply.headers.get('location')).toBe(`${holds}/order-7`);
    expect(bodyAs(holdView, await world.client.get(`${holds}/order-7`))).toEqual({
      holdId: 'order-7',
      accountId: id,
      amount: 400,
      currency: 'EUR',
      status: 'placed',
      capturedAmount: 0,
      placedAt: now,
      ...said,
    });
    expect(await accountAt()).toMatchObject({ ledgerBalance: 1_000, heldAmount: 400, availableBalance: 600 });
    expectProblem(await post(`/v1/accounts/${id}/withdrawals`, eur(601)), 'INSUFFICIENT_FUNDS');
    expect((await post(`/v1/accounts/${id}/withdrawals`, eur(600))).status).toBe(201);
  });

  it('gets an id where it brings none, and the same key gives the same hold', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await post(holds, eur(1), key);
    expect(first.body.holdId).toMatch(uuidV7);
    const again = await post(holds, eur(1), key);
    expect([again.text, again.headers.get('idempotency-replayed')]).toEqual([first.text, 'true']);
    expect(await accountAt()).toMatchObject({ heldAmount: 1 });
  });

  it('is captured in whole, or in part and the rest is free, once; the answer to its key stays', async () => {
    await place('whole', 300);
    await place('part', 200);
    const whole = await post(`${holds}/whole/capture`, {});
    expect(bodyAs(holdReceiptView, whole, 201)).toMatchObject({
      type: 'HoldCaptured',
      holdId: 'whole',
      amount: 300,
      ledgerBalance: 700,
      heldAmount: 200,
      availableBalance: 500,
    });
    expect(whole.headers.has('location')).toBe(false);
    const key = { 'Idempotency-Key': randomUUID() };
    const body = { amount: 50, currency: 'EUR', destination: 'shop', reference: 'bill', transactionId: `tx-${id}` };
    const part = await post(`${holds}/part/capture`, body, key);
    expect(bodyAs(holdReceiptView, part, 201)).toMatchObject({
      transactionId: `tx-${id}`,
      amount: 50,
      ledgerBalance: 650,
      heldAmount: 0,
      availableBalance: 650,
    });
    expect((await post(`${holds}/part/capture`, body, key)).text).toBe(part.text);
    expectProblem(await post(`${holds}/part/capture`, {}), 'HOLD_NOT_OPEN', { holdId: 'part', holdStatus: 'captured' });
    const { entries } = bodyAs(statementView, await world.client.get(`/v1/accounts/${id}/statement`));
    expect(entries.slice(1)).toMatchObject([
      { type: 'HoldCaptured', amount: -300, balanceAfter: 700 },
      { type: 'HoldCaptured', amount: -50, balanceAfter: 650, counterparty: 'shop', reference: 'bill' },
    ]);
    const { text } = await world.client.get(`/v1/accounts/${id}/statement`, { Accept: 'text/csv' });
    expect(text).toContain(',HoldCaptured,-50,EUR,650,bill,shop,');
  });

  it('is released, and its capture reversed, without coming back', async () => {
    await place('released', 300);
    await place('reversed', 200);
    const released = bodyAs(holdReceiptView, await post(`${holds}/released/release`, { reason: 'sold out' }), 201);
    expect(released).toMatchObject({ type: 'HoldReleased', amount: 300, heldAmount: 200, availableBalance: 800 });
    const { body } = await post(`${holds}/reversed/capture`, {});
    const reversal = await post('/v1/reversals', { eventId: body.eventId, amount: 150, reason: 'returned' });
    expect(bodyAs(reversalView, reversal, 201)).toMatchObject({ ledgerBalance: 950, reversedTotal: 150 });
    expect(await accountAt()).toMatchObject({ ledgerBalance: 950, heldAmount: 0 });
    const found = bodyAs(holdView, await world.client.get(`${holds}/reversed`));
    expect(found).toMatchObject({ status: 'captured', amount: 200, capturedAmount: 200 });
  });

  it('can be released while the account is frozen, and captured when it is not any more', async () => {
    await place('one', 1);
    await place('two', 2);
    await post(`/v1/accounts/${id}/freeze`, { reason: 'r' });
    expectProblem(await post(`${holds}/one/capture`, {}), 'ACCOUNT_FROZEN');
    expect((await post(`${holds}/two/release`, {})).status).toBe(201);
    await post(`/v1/accounts/${id}/unfreeze`, { reason: 'r' });
    expect((await post(`${holds}/one/capture`, {})).status).toBe(201);
  });

  it('cannot be captured from its end on, whether or not that was recorded', async () => {
    await place('short', 5, { expiresAt: new Date(clock.now() + 1_000).toISOString() });
    clock.forward(999);
    expectProblem(await post(`${holds}/short/capture`, { amount: 6 }), 'CAPTURE_EXCEEDS_HOLD', {
      holdId: 'short',
      holdAmount: '5',
    });
    clock.forward(1);
    for (const verb of ['capture', 'release']) {
      const reply = await post(`${holds}/short/${verb}`, {});
      expectProblem(reply, 'HOLD_NOT_OPEN', { holdId: 'short', holdStatus: 'expired' });
    }
  });

  it('counts on one version only with If-Match', async () => {
    await place('matched', 5);
    expectProblem(await post(`${holds}/matched/capture`, {}, { 'If-Match': '"2"' }), 'VERSION_MISMATCH');
    expect((await post(`${holds}/matched/capture`, {}, { 'If-Match': '"3"' })).status).toBe(201);
  });

  it('is refused in any other shape, with every fault named', async () => {
    expect(faultsOf(await post(holds, { amount: 0, holdId: 'a b', expiresAt: 'soon', colour: 'red' }))).toEqual([
      'body /holdId',
      'body /amount',
      'body /currency',
      'body /expiresAt',
      'body /colour',
    ]);
    expect(faultsOf(await post(`${holds}/h/capture`, { amount: -1 }))).toEqual(['body /amount']);
    expect(faultsOf(await post(`${holds}/h/release`, { reason: '' }))).toEqual(['body /reason']);
    expect(faultsOf(await world.client.get(`${holds}?status=open`))).toEqual(['query status']);
  });

  it('can be placed and captured in one batch, which is what both at their addresses are', async () => {
    const commands = [
      { type: 'PlaceHold', idempotencyKey: `${id}-1`, accountId: id, holdId: 'h', ...eur(5) },
      { type: 'CaptureHold', idempotencyKey: `${id}-2`, accountId: id, holdId: 'h', amount: 3 },
      { type: 'ReleaseHold', idempotencyKey: `${id}-3`, accountId: id, holdId: 'h' },
    ];
    const refused = await post('/v1/batches', { mode: 'atomic', commands });
    expectProblem(refused, 'HOLD_NOT_OPEN', { holdId: 'h', holdStatus: 'captured', index: 2 });
    expectProblem(await world.client.get(`${holds}/h`), 'HOLD_NOT_FOUND');
    const done = await post('/v1/batches', { mode: 'atomic', commands: commands.slice(0, 2) });
    expect(done.body.results).toMatchObject([
      { status: 201, body: { heldAmount: 5 }, location: `${holds}/h` },
      { status: 201, body: { amount: 3, heldAmount: 0 } },
    ]);
    const again = await post(`${holds}/h/capture`, { amount: 3 }, { 'Idempotency-Key': `${id}-2` });
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    const expiring = { mode: 'atomic', commands: [{ ...commands[2], type: 'ExpireHold' }] };
    expect(faultsOf(await post('/v1/batches', expiring))).toEqual(['body /commands/0/type']);
  });
});

describe('the holds of an account', () => {
  beforeAll(fresh);

  it('come in the order in which they were placed, in pages, also of one status', async () => {
    for (const holdId of ['e', 'd', 'c', 'b', 'a']) await place(holdId, 1);
    await post(`${holds}/d/release`, {});
    const idsOf = async (query: string): Promise<readonly string[]> => {
      const ids: string[] = [];
      for (let cursor = ''; ;) {
        const page = bodyAs(holdsView, await world.client.get(`${holds}?limit=2${query}${cursor}`));
        ids.push(...page.holds.map(({ holdId }) => holdId));
        if (page.nextCursor === undefined) return ids;
        cursor = `&cursor=${page.nextCursor}`;
      }
    };
    expect(await idsOf('')).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect(await idsOf('&status=placed')).toEqual(['e', 'c', 'b', 'a']);
    expect(await idsOf('&status=released')).toEqual(['d']);
    const { nextCursor } = bodyAs(holdsView, await world.client.get(`${holds}?limit=2`));
    const other = await world.client.get(`${holds}?limit=2&status=placed&cursor=${String(nextCursor)}`);
    expect(faultsOf(other)).toEqual(['query cursor']);
  });
});

/*
 * One account's year: v1, v2 opened with 1000 on 1 January · v3 hold of 400 on 1 February · v4 hold of 100 on 1 March · v5 frozen on
 * 1 April · v6 hold of 100 released on 1 May · v7 unfrozen on 1 June · v8 deposit of 50 recorded on 1 July, counting from 15 February ·
 * v9 capture of 300 of the 400 on 1 August · v10 100 of that reversed on 1 September
 */
describe('holds looked back at', () => {
  const events: string[] = [];

  beforeAll(async () => {
    const on = async (moment: string, path: string, body: Json): Promise<void> => {
      clock.moveTo(day(moment));
      const { eventId } = (await post(path, body)).body;
      events.push(String(eventId));
    };
    clock.moveTo(day('01-01'));
    await fresh();
    const account = `/v1/accounts/${id}`;
    await on('02-01', holds, eur(400, { holdId: 'big' }));
    await on('03-01', holds, eur(100, { holdId: 'small' }));
    await on('04-01', `${account}/freeze`, { reason: 'r' });
    await on('05-01', `${holds}/small/release`, {});
    await on('06-01', `${account}/unfreeze`, { reason: 'r' });
    await on('07-01', `${account}/deposits`, eur(50, { effectiveAt: day('02-15') }));
    await on('08-01', `${holds}/big/capture`, { amount: 300 });
    await on('09-01', '/v1/reversals', { eventId: events.at(-1), amount: 100, reason: 'r' });
    clock.moveTo(day('12-31'));
  });

  it.each([
    ['01-31', 1_000, 0, 'active'],
    ['02-01', 1_000, 400, 'active'],
    ['02-15', 1_050, 400, 'active'],
    ['03-01', 1_050, 500, 'active'],
    ['04-01', 1_050, 500, 'frozen'],
    ['05-01', 1_050, 400, 'frozen'],
    ['08-01', 750, 0, 'active'],
    ['09-01', 850, 0, 'active'],
  ])(
    'as of %s the account has %i, of which %i are held, and is %s',
    async (date, ledgerBalance, heldAmount, status) => {
      const availableBalance = ledgerBalance - heldAmount;
      const expected = { ledgerBalance, heldAmount, availableBalance, status };
      expect(await accountAt(`?asOf=${day(date)}`)).toMatchObject(expected);
      const { body } = await world.client.get(`/v1/accounts/${id}/balance?asOf=${day(date)}`);
      expect(body).toMatchObject({ ledgerBalance, heldAmount, availableBalance });
    },
  );

  it.each([
    ['?version=3', 1_000, 400],
    ['?version=6', 1_000, 400],
    [`?knownAt=${day('06-30')}`, 1_000, 400],
    [`?knownAt=${day('03-15')}&asOf=${day('02-15')}`, 1_000, 400],
    [`?knownAt=${day('07-01')}&asOf=${day('02-15')}`, 1_050, 400],
    [`?knownAt=${day('08-01')}`, 750, 0],
  ])('%s: %i, of which %i are held', async (query, ledgerBalance, heldAmount) => {
    expect(await accountAt(query)).toMatchObject({
      ledgerBalance,
      heldAmount,
      availableBalance: ledgerBalance - heldAmount,
    });
  });

  it('make a difference that says which', async () => {
    const { body } = await world.client.get(`/v1/accounts/${id}/diff?from.version=3&to.version=6`);
    expect(body).toMatchObject({
      difference: { ledgerBalance: 0, heldAmount: 0, availableBalance: 0 },
      events: [{ type: 'HoldPlaced' }, { type: 'AccountFrozen' }, { type: 'HoldReleased' }],
    });
    const later = await world.client.get(`/v1/accounts/${id}/diff?from.asOf=${day('07-15')}&to.asOf=${day('08-15')}`);
    expect(later.body).toMatchObject({
      difference: { ledgerBalance: -300, heldAmount: -400, availableBalance: 100 },
      differs: ['ledgerBalance', 'heldAmount', 'availableBalance'],
      events: [{ type: 'HoldCaptured', amount: -300, reason: 'value_date_between' }],
    });
  });

  it('explain a balance, and why a command is refused', async () => {
    const { body } = await world.client.get(`/v1/accounts/${id}/explain?version=4`);
    expect(body).toMatchObject({ availableBalance: { ledgerBalance: 1_000, heldAmount: 500, termsVersion: 4 } });
    const command = { type: 'CaptureHold', accountId: id, holdId: 'big', amount: 401 };
    const judged = await post(`/v1/accounts/${id}/explain`, { version: 4, command });
    expect(judged.body).toMatchObject({ code: 'CAPTURE_EXCEEDS_HOLD', numbers: { amount: 401 } });
    expect((judged.body.rules as Json[]).map(({ verdict }) => verdict)).toEqual([
      ...Array.from({ length: 8 }, () => 'passed'),
      'rejected',
    ]);
  });

  it('can be ended otherwise at a moment at which they were open', async () => {
    const tried = async (known: Json, ...commands: readonly Json[]): Promise<readonly Json[]> => {
      const asked = commands.map((command) => ({ accountId: id, ...command }));
      const { body } = await post(`/v1/accounts/${id}/what-if`, { ...known, commands: asked });
      return body.results as Json[];
    };
    const release = { type: 'ReleaseHold', holdId: 'big' };
    const again = { type: 'PlaceHold', holdId: 'small', ...eur(1) };
    expect(await tried({ version: 7 }, release, release, again)).toMatchObject([
      { status: 201, body: { type: 'HoldReleased', heldAmount: 0 } },
      { status: 422, problem: { code: 'HOLD_NOT_OPEN', holdStatus: 'released' } },
      { status: 409, problem: { code: 'HOLD_ALREADY_EXISTS' } },
    ]);
    expect(await tried({ knownAt: day('02-15') }, release, again)).toMatchObject([
      { status: 201 },
      { status: 201, body: { type: 'HoldPlaced', heldAmount: 1 } },
    ]);
    expect(await tried({ knownAt: day('01-15') }, release)).toMatchObject([{ problem: { code: 'HOLD_NOT_FOUND' } }]);
    expect(await tried({}, release)).toMatchObject([{ problem: { code: 'HOLD_NOT_OPEN', holdStatus: 'captured' } }]);
  });

  it('can be thought away: what rested on them would have been refused', async () => {
    const { body } = await post(`/v1/accounts/${id}/what-if`, { without: events[0] });
    expect((body.events as Json[]).map(({ type, outcome }) => [type, outcome])).toEqual([
      ['HoldPlaced', 'left_out'],
      ['HoldPlaced', 'kept'],
      ['AccountFrozen', 'kept'],
      ['HoldReleased', 'kept'],
      ['AccountUnfrozen', 'kept'],
      ['MoneyDeposited', 'kept'],
      ['HoldCaptured', 'rejected'],
      ['TransactionReversed', 'rejected'],
    ]);
    expect(body).toMatchObject({ real: { ledgerBalance: 850 }, altered: { ledgerBalance: 1_050, heldAmount: 0 } });
    const change = (eventId: unknown, rest: Json): Promise<Reply> =>
      post(`/v1/accounts/${id}/what-if`, { change: { eventId, ...rest } });
    expect((await change(events[6], { amount: 400 })).body).toMatchObject({ altered: { ledgerBalance: 750 } });
    const tooMuch = (await change(events[6], { amount: 401 })).body.events as Json[];
    expect(tooMuch[0]).toMatchObject({ outcome: 'rejected', problem: { code: 'CAPTURE_EXCEEDS_HOLD' } });
    expectProblem(await change(events[6], { effectiveAt: day('03-01') }), 'NOT_CHANGEABLE');
    expect((await change(events[0], { amount: 1 })).body).toMatchObject({
      altered: { ledgerBalance: 1_050, heldAmount: 1 },
    });
  });
});
