import { describe, expect, it } from 'vitest';
import type { Json, Reply } from '../support/api.ts';
import { expectProblem, faultsOf } from './expectations.ts';
import { rawPost, type RawReply, sendRaw } from './raw-http.ts';
import { opened, useWorld } from './world.ts';

const world = useWorld();

// Version 2: opened with a first deposit.
const account = (): Promise<string> => opened(world.client, { initialDeposit: { amount: 100 } });
const withdraw = (id: string, ifMatch: string): Promise<Reply> =>
  world.client.post(`/v1/accounts/${id}/withdrawals`, { amount: 1, currency: 'EUR' }, { 'If-Match': ifMatch });

describe('If-Match', () => {
  it.each([
    ['the version', '"2"'],
    ['any version', '*'],
    ['a list with the version in it', '"1", "2"'],
    ['a list without spaces', '"9","2","x"'],
    ['the version beside a weak tag', 'W/"1", "2"'],
  ])('lets a command through for %s', async (_, ifMatch) => {
    const reply = await withdraw(await account(), ifMatch);
    expect(reply.status, reply.text).toBe(201);
    expect(reply.headers.get('etag')).toBe('"3"');
  });

  it.each([
    ['an earlier version', '"1"'],
    ['a later version', '"3"'],
    ['the version as a weak tag', 'W/"2"'],
    ['a tag that is no version', '"abc"'],
    ['an empty tag', '""'],
    ['the version with a leading zero', '"02"'],
    ['a list without the version', '"1", "3"'],
  ])('stops it for %s and says the version', async (_, ifMatch) => {
    const id = await account();
    expectProblem(await withdraw(id, ifMatch), 'VERSION_MISMATCH', { accountId: id, version: '2' });
    expect((await world.client.get(`/v1/accounts/${id}`)).headers.get('etag')).toBe('"2"');
  });

  it.each([
    ['a bare version', '2'],
    ['single quotes', "'2'"],
    ['an open quote', '"2'],
    ['a list that ends in a comma', '"2",'],
    ['any version in a list', '*, "2"'],
    ['nothing', ''],
  ])('is malformed with %s', async (_, ifMatch) => {
    expect(faultsOf(await withdraw(await account(), ifMatch))).toEqual(['header If-Match']);
  });

  it('given twice is one list', async () => {
    const id = await account();
    const body = JSON.stringify({ amount: 1, currency: 'EUR' });
    const head = ['Content-Type: application/json', `Content-Length: ${body.length}`, 'Idempotency-Key: list'];
    const path = `/v1/accounts/${id}/withdrawals`;
    const reply = await sendRaw(world.client.url, rawPost(path, [...head, 'If-Match: "9"', 'If-Match: "2"'], body));
    expect(reply.status).toBe(201);
  });

  it('speaks of the sender of a transfer', async () => {
    const [from, to] = [await account(), await opened(world.client)];
    const body = { fromAccountId: from, toAccountId: to, amount: 1, currency: 'EUR' };
    const transfer = (ifMatch: string): Promise<Reply> =>
      world.client.post('/v1/transfers', body, { 'If-Match': ifMatch });
    expectProblem(await transfer('"1"'), 'VERSION_MISMATCH', { accountId: from, version: '2' });
    expect((await transfer('"2"')).status).toBe(201);
  });

  it('speaks of the account whose event a reversal names', async () => {
    const [from, to] = [await account(), await opened(world.client)];
    const body = { fromAccountId: from, toAccountId: to, amount: 1, currency: 'EUR' };
    const transfer = await world.client.post('/v1/transfers', body);
    const { eventId } = transfer.body.to as Json;
    const reverse = (ifMatch: string): Promise<Reply> =>
      world.client.post('/v1/reversals', { eventId, reason: 'r' }, { 'If-Match': ifMatch });
    expectProblem(await reverse('"3"'), 'VERSION_MISMATCH', { accountId: to, version: '2' });
    expect((await reverse('"2"')).status).toBe(201);
  });

  it('is asked of every command on an account', async () => {
    const id = await account();
    const commands: readonly (readonly [string, Json])[] = [
      ['deposits', { amount: 1, currency: 'EUR' }],
      ['freeze', { reason: 'r' }],
      ['unfreeze', { reason: 'r' }],
      ['close', { reason: 'r' }],
      ['overdraft-limit', { overdraftLimit: 1 }],
    ];
    for (const [path, body] of commands) {
      const reply = await world.client.post(`/v1/accounts/${id}/${path}`, body, { 'If-Match': '"1"' });
      expectProblem(reply, 'VERSION_MISMATCH', { accountId: id, version: '2' });
    }
  });

  it('lets one of several through that were decided on the same version', async () => {
    const id = await account();
    const replies = await Promise.all(Array.from({ length: 10 }, () => withdraw(id, '"2"')));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 412)]);
  });

  it('is no match for an account that does not exist', async () => {
    expectProblem(await withdraw('absent', '"1"'), 'ACCOUNT_NOT_FOUND', { accountId: 'absent' });
  });
});

describe('If-None-Match', () => {
  // By hand: fetch would ask every cache on the way to stand aside.
  const getIfNot = (id: string, version: string): Promise<RawReply> => {
    const head = ['Host: localhost', 'Connection: close', `If-None-Match: ${version}`];
    return sendRaw(world.client.url, [`GET /v1/accounts/${id} HTTP/1.1`, ...head, '', ''].join('\r\n'));
  };

  it('spares a caller the account that it already has', async () => {
    const id = await account();
    const reply = await getIfNot(id, '"2"');
    expect([reply.status, reply.body]).toEqual([304, '']);
    expect(reply.head).toContain('ETag: "2"');
    expect((await getIfNot(id, '"1"')).status).toBe(200);
  });
});
