import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OutcomeUnknown, StorageUnavailable } from '../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { batchView } from '../../src/http/schemas/batch.ts';
import { problemView } from '../../src/http/schemas/views.ts';
import { type Json, type Reply, startApi, type TestApi } from '../support/api.ts';
import { bodyAs, expectProblem, faultsOf } from './expectations.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();
const id = 'batched';
let api: TestApi;
let gate: Promise<unknown> = Promise.resolve();
let fault: (() => Error) | undefined;

beforeAll(async () => {
  await opened(world.client, { accountId: id });
  const { storage } = world;
  const faulty: Storage = {
    ...storage,
    transactionally: async (body) => {
      await gate;
      if (fault) throw fault();
      return storage.transactionally(body);
    },
  };
  api = await startApi(faulty, { DAYBOOK_QUEUE_LIMIT: 5 });
});
afterEach(() => {
  fault = undefined;
  gate = Promise.resolve();
});
afterAll(() => api.close());

const deposit = (more: Json = {}): Json => ({
  type: 'DepositMoney',
  idempotencyKey: randomUUID(),
  accountId: id,
  amount: 1,
  currency: 'EUR',
  ...more,
});
const many = (count: number): readonly Json[] => Array.from({ length: count }, () => deposit());
const send = (body: unknown): Promise<Reply> => world.client.post('/v1/batches', body);
const sendTo = ({ client }: TestApi, mode: string, commands: readonly Json[]): Promise<Reply> =>
  client.post('/v1/batches', { mode, commands });
const balance = async (): Promise<unknown> => (await world.client.get(`/v1/accounts/${id}/balance`)).body.ledgerBalance;
const codesOf = (reply: Reply): readonly unknown[] =>
  bodyAs(batchView, reply).results.map((result) => ('problem' in result ? result.problem.code : result.status));

describe('a malformed batch', () => {
  it.each([
    ['no mode', { commands: [deposit()] }, ['body /mode']],
    ['a mode that there is not', { mode: 'both', commands: [deposit()] }, ['body /mode']],
    ['no commands', { mode: 'atomic' }, ['body /commands']],
    ['an empty list', { mode: 'atomic', commands: [] }, ['body /commands']],
    ['an object of commands', { mode: 'atomic', commands: { 0: deposit() } }, ['body /commands']],
    ['another member', { mode: 'atomic', commands: [deposit()], name: 'x' }, ['body /name']],
    ['no object', [deposit()], ['body ']],
  ] as const)('is refused with %s', async (_, body, faults) => {
    expect(faultsOf(await send(body))).toEqual(faults);
  });

  it('is told every fault of every command at once', async () => {
    const commands = [
      deposit(),
      deposit({ amount: 0, currency: 'eur', note: 'x' }),
      deposit({ idempotencyKey: 'a b', ifMatch: '5' }),
      deposit({ accountId: '-', type: 'DepositMoney', metadata: { 'a/b': 1 } }),
      deposit({ type: 'PrintMoney' }),
      'DepositMoney',
      null,
      { type: 'OpenAccount', idempotencyKey: 'k', ifMatch: '"1"', ownerId: 'o', currency: 'EUR' },
      { type: 'TransferMoney', accountId: id },
    ];
    const before = await balance();
    const reply = await send({ mode: 'independent', commands });
    expect([...faultsOf(reply)].sort()).toEqual([
      'body /commands/1/amount',
      'body /commands/1/currency',
      'body /commands/1/note',
      'body /commands/2/idempotencyKey',
      'body /commands/2/ifMatch',
      'body /commands/3/accountId',
      'body /commands/3/metadata/a~1b',
      'body /commands/4/type',
      'body /commands/5',
      'body /commands/6',
      'body /commands/7/ifMatch',
      'body /commands/8/accountId',
      'body /commands/8/amount',
      'body /commands/8/currency',
      'body /commands/8/fromAccountId',
      'body /commands/8/idempotencyKey',
      'body /commands/8/toAccountId',
    ]);
    expect(reply.text).toContain('must be one of OpenAccount, ');
    expect(await balance()).toBe(before);
  });

  it('is told what JSON allows and a ledger must not', async () => {
    const text = (command: string): string => `{"mode":"atomic","commands":[${JSON.stringify(deposit())},${command}]}`;
    const twice = '{"type":"DepositMoney","idempotencyKey":"k","accountId":"a","amount":1,"amount":2,"currency":"EUR"}';
    const rounded = '{"type":"DepositMoney","idempotencyKey":"k","accountId":"a","amount":1.0,"currency":"EUR"}';
    for (const command of [twice, rounded])
      expect(faultsOf(await send(text(command)))).toEqual(['body /commands/1/amount']);
    expect(faultsOf(await send(text(`{"metadata":${'['.repeat(14)}${']'.repeat(14)}}`)))).toEqual(['body ']);
  });

  it('is told a hundred faults, and no more', async () => {
    const reply = await send({ mode: 'atomic', commands: Array.from({ length: 1_000 }, () => ({})) });
    expect(faultsOf(reply)).toHaveLength(100);
    const names = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`m${index}`, 1]));
    expect(faultsOf(await send({ mode: 'atomic', commands: [deposit(names)] }))).toHaveLength(100);
  });
});

describe('the limits of a batch', () => {
  it('are a thousand commands, and it says so', async () => {
    const reply = await send({ mode: 'independent', commands: many(1_001) });
    expect(faultsOf(reply)).toEqual(['body /commands']);
    expect(reply.text).toContain('must be at most 1000 commands, not 1001');
  });

  it('are a megabyte, and it says so', async () => {
    const batch = JSON.stringify({ mode: 'independent', commands: [deposit()] });
    const padded = (length: number): string => batch + ' '.repeat(length - batch.length);
    expect(codesOf(await send(padded(1_048_576)))).toEqual([201]);
    expectProblem(await send(padded(1_048_577)), 'PAYLOAD_TOO_LARGE', { limit: 1_048_576 });
  });
});

describe('while the ledger cannot take all', () => {
  it('an independent batch has a result 503 for each that is not taken, and the others go on', async () => {
    const before = Number(await balance());
    const commands = many(8);
    const reply = await sendTo(api, 'independent', commands);
    expect(codesOf(reply)).toEqual([...Array<number>(5).fill(201), ...Array<string>(3).fill('OVERLOADED')]);
    expect(reply.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await balance()).toBe(before + 5);
    const again = await sendTo(api, 'independent', commands.slice(4));
    expect(codesOf(again)).toEqual([201, 201, 201, 201]);
    expect(again.headers.get('retry-after')).toBeNull();
    expect(await balance()).toBe(before + 8);
  });

  it('an atomic batch is refused whole', async () => {
    const before = await balance();
    expectProblem(await sendTo(api, 'atomic', many(6)), 'OVERLOADED', {});
    expect(await balance()).toBe(before);
  });

  it('others are still taken while a batch waits', async () => {
    let open: (value?: unknown) => void = () => undefined;
    gate = new Promise((resolve) => (open = resolve));
    const path = `/v1/accounts/${id}/deposits`;
    const money = { amount: 1, currency: 'EUR' };
    const first = api.client.post(path, money);
    await sleep(100);
    const waiting = sendTo(api, 'independent', many(4));
    await sleep(100);
    const last = api.client.post(path, money);
    await sleep(100);
    expectProblem(await api.client.post(path, money), 'OVERLOADED', {});
    open();
    expect([(await first).status, (await last).status]).toEqual([201, 201]);
    expect(codesOf(await waiting)).toEqual([201, 201, 201, 201]);
  });

  it.each([
    ['UNAVAILABLE', () => new StorageUnavailable('mongodb://secret')],
    ['OUTCOME_UNKNOWN', () => new OutcomeUnknown('mongodb://secret')],
    ['INTERNAL_ERROR', () => new TypeError('mongodb://secret')],
  ] as const)('says %s of each command, or of the whole, and the same keys settle it later', async (code, error) => {
    const before = Number(await balance());
    const commands = many(2);
    fault = error;
    const independent = await sendTo(api, 'independent', commands);
    expect(codesOf(independent)).toEqual([code, code]);
    const atomic = await sendTo(api, 'atomic', commands);
    expectProblem(atomic, code, {});
    expect(independent.text + atomic.text).not.toContain('secret');
    const problems = bodyAs(batchView, independent).results.map((result) => 'problem' in result && result.problem);
    for (const problem of problems) expect(problemView.parse(problem).retryable).toBe(true);
    fault = undefined;
    expect(codesOf(await sendTo(api, 'atomic', commands))).toEqual([201, 201]);
    expect(await balance()).toBe(before + 2);
  });
});
