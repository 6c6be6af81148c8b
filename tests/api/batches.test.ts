import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { batchView } from '../../src/http/schemas/batch.ts';
import { eventsView, problemView, receiptView } from '../../src/http/schemas/views.ts';
import type { Json, Reply } from '../support/api.ts';
import { bodyAs, expectProblem } from './expectations.ts';
import { stateHashOf } from './state-hash.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();

type Mode = 'independent' | 'atomic';
type Result = z.output<typeof batchView>['results'][number];

const MODES: readonly [Mode][] = [['independent'], ['atomic']];
const JSON_TYPE = { 'Content-Type': 'application/json' };

const post = (body: unknown): Promise<Reply> =>
  world.client.send('POST', '/v1/batches', { headers: JSON_TYPE, body: JSON.stringify(body) });
const batch = (mode: Mode, commands: readonly Json[]): Promise<Reply> => post({ mode, commands });
const resultsOf = (reply: Reply): readonly Result[] => bodyAs(batchView, reply).results;
const statusesOf = (reply: Reply): readonly number[] => resultsOf(reply).map(({ status }) => status);
const codesOf = (reply: Reply): readonly unknown[] =>
  resultsOf(reply).map((result) => ('problem' in result ? result.problem.code : result.status));

const command = (type: string, members: Json): Json => ({ type, idempotencyKey: randomUUID(), ...members });
const eur = (amount: number): Json => ({ amount, currency: 'EUR' });
const deposit = (accountId: string, amount: number, more: Json = {}): Json =>
  command('DepositMoney', { accountId, ...eur(amount), ...more });
const withdrawal = (accountId: string, amount: number, more: Json = {}): Json =>
  command('WithdrawMoney', { accountId, ...eur(amount), ...more });

const balanceOf = async (id: string): Promise<unknown> =>
  (await world.client.get(`/v1/accounts/${id}/balance`)).body.ledgerBalance;
const stateHash = (): Promise<string> => stateHashOf(world.database.connection);

/** The bytes of the one answer in a batch of one command. */
const textOfBody = ({ text }: Reply): string => {
  const [, body = ''] =
    /^\{"mode":"\w+","results":\[\{"status":\d+,"body":(.*?\})(?:,"(?:etag|location|replayed)".*)?\}\]\}$/.exec(text) ??
    [];
  return body;
};

/** One command of each kind, with the address and body that it has alone. */
const ofEachKind = async (): Promise<readonly { path: string; body: Json; batched: Json }[]> => {
  const [from, to] = [await opened(world.client, { initialDeposit: { amount: 100 } }), await opened(world.client)];
  const { body: receipt } = await world.client.post(`/v1/accounts/${to}/deposits`, eur(7));
  const empty = await opened(world.client);
  const at = (id: string, verb: string): string => `/v1/accounts/${id}/${verb}`;
  const kinds: readonly [string, string, Json, string?][] = [
    ['OpenAccount', '/v1/accounts', { ownerId: 'o', currency: 'EUR' }],
    ['DepositMoney', at(from, 'deposits'), { ...eur(5), metadata: { b: 'é', a: '"' } }, from],
    ['WithdrawMoney', at(from, 'withdrawals'), eur(1), from],
    ['ChangeOverdraftLimit', at(from, 'overdraft-limit'), { overdraftLimit: 3 }, from],
    ['TransferMoney', '/v1/transfers', { fromAccountId: from, toAccountId: to, ...eur(1), transferId: randomUUID() }],
    ['ReverseTransaction', '/v1/reversals', { eventId: receipt.eventId, reason: 'r' }],
    ['FreezeAccount', at(from, 'freeze'), { reason: 'r' }, from],
    ['UnfreezeAccount', at(from, 'unfreeze'), { reason: 'r' }, from],
    ['CloseAccount', at(empty, 'close'), { reason: 'r' }, empty],
  ];
  return kinds.map(([type, path, body, accountId]) => ({
    path,
    body,
    batched: command(type, { ...body, ...(accountId !== undefined && { accountId }) }),
  }));
};

describe('a command in a batch is the command at its own address', () => {
  it.each(MODES)('%s: sent alone later, it gives the same answer, byte for byte', async (mode) => {
    for (const { path, body, batched } of await ofEachKind()) {
      const reply = await batch(mode, [batched]);
      const [result] = resultsOf(reply);
      if (!result || !('body' in result)) throw new Error(reply.text);
      const alone = await world.client.post(path, body, { 'Idempotency-Key': String(batched.idempotencyKey) });
      expect(alone.headers.get('idempotency-replayed'), alone.text).toBe('true');
      expect(result.replayed).toBeUndefined();
      expect(textOfBody(reply)).toBe(alone.text);
      expect([result.status, result.etag, result.location]).toEqual([
        alone.status,
        alone.headers.get('etag') ?? undefined,
        alone.headers.get('location') ?? undefined,
      ]);
    }
  });

  it.each(MODES)('%s: sent alone before, it gives the same answer, byte for byte', async (mode) => {
    for (const { path, body, batched } of await ofEachKind()) {
      const alone = await world.client.post(path, body, { 'Idempotency-Key': String(batched.idempotencyKey) });
      expect(alone.status, alone.text).toBeLessThan(300);
      const reply = await batch(mode, [batched]);
      expect(resultsOf(reply)).toMatchObject([{ status: alone.status, replayed: true }]);
      expect(textOfBody(reply)).toBe(alone.text);
    }
  });

  it('also where the address is spelled otherwise, and the key is quoted', async () => {
    const id = await opened(world.client, { accountId: `odd.${randomUUID()}` });
    const path = `/v1/accounts/${id.replaceAll('-', '%2D')}/deposits`;
    await world.client.post(path, eur(5), { 'Idempotency-Key': `"${id}"` });
    const again = await batch('independent', [deposit(id, 5, { idempotencyKey: id })]);
    expect(resultsOf(again)).toMatchObject([{ status: 201, replayed: true }]);
    const quoted = await batch('atomic', [deposit(id, 5, { idempotencyKey: `"${id}"` })]);
    expect(resultsOf(quoted)).toMatchObject([{ status: 201, replayed: true }]);
    expect(await balanceOf(id)).toBe(5);
  });

  it('gives the events the key of the command and the id of the request', async () => {
    const id = await opened(world.client);
    const one = deposit(id, 5);
    const reply = await batch('independent', [one]);
    const { events } = bodyAs(eventsView, await world.client.get(`/v1/accounts/${id}/events`));
    expect(events.at(-1)?.metadata).toMatchObject({
      correlationId: reply.headers.get('x-request-id'),
      idempotencyKey: one.idempotencyKey,
      command: 'DepositMoney',
    });
  });

  it('does not ask for a key of the batch, and does not look at one', async () => {
    const id = await opened(world.client);
    const headers = { 'Idempotency-Key': 'of the batch', 'If-Match': 'nonsense' };
    const reply = await world.client.post('/v1/batches', { mode: 'atomic', commands: [deposit(id, 5)] }, headers);
    expect(statusesOf(reply)).toEqual([201]);
  });
});

describe('an independent batch', () => {
  it('has a result for each command in its order, each relying on those before it', async () => {
    const id = `new-${randomUUID()}`;
    const reply = await batch('independent', [
      command('OpenAccount', { accountId: id, ownerId: 'o', currency: 'EUR' }),
      deposit(id, 10),
      withdrawal(id, 11),
      withdrawal(id, 4, { ifMatch: '"2"' }),
      withdrawal(id, 1, { ifMatch: '"2"' }),
      withdrawal(id, 6),
      command('CloseAccount', { accountId: id, reason: 'r' }),
      deposit(id, 1),
    ]);
    expect(codesOf(reply)).toEqual([
      201,
      201,
      'INSUFFICIENT_FUNDS',
      201,
      'VERSION_MISMATCH',
      201,
      200,
      'ACCOUNT_CLOSED',
    ]);
    const versions = resultsOf(reply).map((result) => ('etag' in result ? result.etag : undefined));
    expect(versions).toEqual(['"1"', '"2"', undefined, '"3"', undefined, '"4"', '"5"', undefined]);
  });

  it('tells of a refused command what its own address would tell', async () => {
    const reply = await batch('independent', [deposit('absent', 1)]);
    const [result] = resultsOf(reply);
    if (!result || !('problem' in result)) throw new Error(reply.text);
    const alone = await world.client.post('/v1/accounts/absent/deposits', eur(1));
    expectProblem(alone, 'ACCOUNT_NOT_FOUND', { accountId: 'absent' });
    expect(result.problem).toEqual({ ...problemView.parse(alone.body), requestId: reply.headers.get('x-request-id') });
    expect(result.status).toBe(404);
    expect(reply.headers.get('retry-after')).toBeNull();
  });

  it('takes a key once: the same content is replayed, another refused', async () => {
    const id = await opened(world.client);
    const first = deposit(id, 5);
    const reply = await batch('independent', [first, first, { ...first, amount: 6 }, deposit(id, 1)]);
    expect(codesOf(reply)).toEqual([201, 201, 'IDEMPOTENCY_KEY_REUSED', 201]);
    expect(resultsOf(reply)[1]).toEqual({ ...resultsOf(reply)[0], replayed: true });
    expect(await balanceOf(id)).toBe(6);
  });

  it('carries out a thousand commands in their order, and gives the same answers again', async () => {
    const ids = [await opened(world.client), await opened(world.client), await opened(world.client)];
    const commands = Array.from({ length: 1_000 }, (_, index) => deposit(ids[index % 3] ?? '', index + 1));
    const reply = await batch('independent', commands);
    const receipts = resultsOf(reply).map((result) => receiptView.parse('body' in result && result.body));
    expect(receipts.map(({ amount }) => amount)).toEqual(commands.map(({ amount }) => amount));
    expect(receipts.map(({ version }) => version)).toEqual(commands.map((_, index) => 2 + Math.floor(index / 3)));
    const again = await batch('independent', commands);
    expect(again.text.replaceAll(',"replayed":true', '')).toBe(reply.text);
    expect(resultsOf(again).every((result) => 'replayed' in result && result.replayed)).toBe(true);
  });
});

describe('an atomic batch', () => {
  it('carries out all of its commands', async () => {
    const [from, to] = [`from-${randomUUID()}`, await opened(world.client)];
    const reply = await batch('atomic', [
      command('OpenAccount', { accountId: from, ownerId: 'o', currency: 'EUR' }),
      deposit(from, 10),
      command('TransferMoney', { fromAccountId: from, toAccountId: to, ...eur(10) }),
    ]);
    expect(bodyAs(batchView, reply).mode).toBe('atomic');
    expect(statusesOf(reply)).toEqual([201, 201, 201]);
    expect([await balanceOf(from), await balanceOf(to)]).toEqual([0, 10]);
  });

  it('leaves the database as it was, to the byte, where its last command is refused', async () => {
    const id = await opened(world.client);
    const before = await stateHash();
    const commands = [
      command('OpenAccount', { ownerId: 'o', currency: 'EUR' }),
      deposit(id, 10, { transactionId: randomUUID() }),
      command('TransferMoney', { fromAccountId: id, toAccountId: 'absent', ...eur(1) }),
    ];
    expectProblem(await batch('atomic', commands), 'ACCOUNT_NOT_FOUND', { accountId: 'absent', index: 2 });
    expect(await stateHash()).toBe(before);
    expect(statusesOf(await batch('atomic', commands.slice(0, 2)))).toEqual([201, 201]);
  });

  it('leaves the database as it was where the last of a thousand is refused, and takes a thousand', async () => {
    const id = await opened(world.client);
    const commands = Array.from({ length: 999 }, () => deposit(id, 1));
    const before = await stateHash();
    const refused = await batch('atomic', [...commands, withdrawal(id, 1_000)]);
    expectProblem(refused, 'INSUFFICIENT_FUNDS', { accountId: id, index: 999 });
    expect(await stateHash()).toBe(before);
    expect(statusesOf(await batch('atomic', [...commands, withdrawal(id, 999)]))).toEqual(Array(1_000).fill(201));
    expect(await balanceOf(id)).toBe(0);
  });

  it('names the first command that is refused', async () => {
    const id = await opened(world.client);
    const reply = await batch('atomic', [
      deposit(id, 1),
      withdrawal(id, 5, { ifMatch: '"1"' }),
      withdrawal('absent', 1),
    ]);
    expectProblem(reply, 'VERSION_MISMATCH', { accountId: id, version: '2', index: 1 });
  });

  it('replays what was done before, and carries out the rest', async () => {
    const id = await opened(world.client);
    const done = deposit(id, 5);
    await batch('independent', [done]);
    const reply = await batch('atomic', [done, deposit(id, 1)]);
    expect(resultsOf(reply)).toMatchObject([{ status: 201, replayed: true }, { status: 201 }]);
    expect(await balanceOf(id)).toBe(6);
  });

  it('refuses a key that another content has, within it or before it', async () => {
    const id = await opened(world.client);
    const one = deposit(id, 5);
    const other = { ...one, amount: 6 };
    expectProblem(await batch('atomic', [one, other]), 'IDEMPOTENCY_KEY_REUSED', { index: 1 });
    expect(await balanceOf(id)).toBe(0);
    expect(codesOf(await batch('atomic', [one, one]))).toEqual([201, 201]);
    expectProblem(await batch('atomic', [deposit(id, 1), other]), 'IDEMPOTENCY_KEY_REUSED', { index: 1 });
    expect(await balanceOf(id)).toBe(5);
  });
});

describe('a reversal in a batch', () => {
  const reversal = (eventId: unknown, more: Json = {}): Json =>
    command('ReverseTransaction', { eventId, reason: 'r', ...more });
  const absent = '01890000-0000-7000-8000-000000000000';

  it('takes its place among the commands on the account', async () => {
    const id = await opened(world.client);
    const { body } = await world.client.post(`/v1/accounts/${id}/deposits`, eur(5));
    const commands = [reversal(body.eventId, { amount: 2 }), reversal(body.eventId), withdrawal(id, 1)];
    const closing = command('CloseAccount', { accountId: id, reason: 'r' });
    const reply = await batch('independent', [...commands, closing]);
    expect(codesOf(reply)).toEqual([201, 201, 'INSUFFICIENT_FUNDS', 200]);
  });

  it('of an event that is not there, or cannot be reversed, is refused on its own where the batch is independent', async () => {
    const id = await opened(world.client, { initialDeposit: { amount: 5 } });
    const { events } = bodyAs(eventsView, await world.client.get(`/v1/accounts/${id}/events`));
    const reply = await batch('independent', [reversal(absent), deposit(id, 1), reversal(events[0]?.eventId)]);
    expect(codesOf(reply)).toEqual(['EVENT_NOT_FOUND', 201, 'NOT_REVERSIBLE']);
  });

  it('of an event that is not there refuses an atomic batch, before any other reason', async () => {
    const id = await opened(world.client);
    const before = await stateHash();
    const reply = await batch('atomic', [deposit(id, 1), withdrawal(id, 9), reversal(absent), reversal(absent)]);
    expectProblem(reply, 'EVENT_NOT_FOUND', { eventId: absent, index: 2 });
    expect(await stateHash()).toBe(before);
  });
});
