import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Proposals } from '../../src/application/approval/proposals.ts';
import { composeAccess } from '../../src/compose-access.ts';
import { systemClock } from '../../src/compose.ts';
import type { Reply } from '../support/api.ts';
import { apiProcesses, type ApiProcess } from '../support/api-process.ts';
import { bearer, makeKey } from '../support/credentials.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { streamOf } from '../support/recorded-events.ts';
import { runScript } from '../support/run-script.ts';
import { verifyLedger } from '../support/verify-ledger.ts';

const ABOVE = 1_001;
const processes = apiProcesses();

let database: TestDatabase;
let maker: Headers;
let checker: Headers;
let servers: ApiProcess[];

const start = (): Promise<ApiProcess> =>
  processes.start({ MONGODB_URI: database.uri, DAYBOOK_APPROVAL_ABOVE: 'EUR:1000' });

const at = (index: number): ApiProcess => {
  const server = servers[index % servers.length];
  if (!server) throw new Error('no API process');
  return server;
};

type Headers = Record<string, string>;

const post = (index: number, path: string, body: object, as: Headers): Promise<Reply> =>
  at(index).client.post(path, body, as);

/**
 * As a client does: what is retryable is asked again, with the same key. So it is answered while one process takes over from another, and as
 * long as MongoDB keeps the transaction of one that was killed open.
 */
const settled = async (send: () => Promise<Reply | undefined>): Promise<Reply | undefined> => {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await send();
    if (reply?.body.retryable !== true || attempt === 300) return reply;
    await sleep(100);
  }
};

const withKey = (as: Headers, key: string): Headers => ({ ...as, 'Idempotency-Key': key });

const opened = async (): Promise<string> => {
  const accountId = randomUUID();
  await post(0, '/v1/accounts', { accountId, ownerId: 'owner', currency: 'EUR' }, maker);
  return accountId;
};

/** The address of a proposed deposit. */
const proposed = async (index: number, accountId: string): Promise<string> => {
  const body = { amount: ABOVE, currency: 'EUR' };
  const as = withKey(maker, randomUUID());
  const reply = await settled(() => post(index, `/v1/accounts/${accountId}/deposits`, body, as));
  expect(reply?.status, reply?.text).toBe(202);
  return String(reply?.headers.get('location'));
};

type Made = { readonly accountId: string; readonly address: string; readonly key: string };

const idIn = (address: string): string => address.split('/').at(-1) ?? '';

const causesOf = async (accountId: string): Promise<readonly string[]> =>
  (await database.storage.events.read(streamOf(accountId), { after: 1, limit: 1_000 })).map(
    ({ metadata }) => metadata.causationId,
  );

beforeAll(async () => {
  database = await openTestDatabase();
  servers = await Promise.all([start(), start()]);
  const access = composeAccess(database.storage, 'open', pino({ level: 'silent' }), systemClock);
  maker = bearer((await makeKey(access, { scopes: ['accounts:read', 'money:write'] })).key);
  checker = bearer((await makeKey(access, { scopes: ['accounts:read', 'money:approve'] })).key);
});
afterAll(async () => {
  await processes.killAll();
  await database.drop();
});

/** Two API processes on one database, of which one commits for both. */
describe('two API processes that need approval', () => {
  it('ask who their callers are, also where there is no key yet', async () => {
    const empty = await openTestDatabase();
    const server = await processes.start({ MONGODB_URI: empty.uri, DAYBOOK_APPROVAL_ABOVE: 'EUR:1000' });
    expect((await server.client.get('/v1/accounts')).status).toBe(401);
    await processes.kill(server, 'SIGKILL');
    await empty.drop();
  });

  it('propose once where the same request comes to both at once', async () => {
    const accountId = await opened();
    for (let round = 0; round < 10; round += 1) {
      const key = randomUUID();
      const body = { amount: ABOVE, currency: 'EUR' };
      const replies = await Promise.all(
        [0, 1, 0, 1].map((index) => post(index, `/v1/accounts/${accountId}/deposits`, body, withKey(maker, key))),
      );
      expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
      expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    }
  });

  it('carry a proposal out once, however many approvals come to both at once', async () => {
    const accountId = await opened();
    for (let round = 0; round < 10; round += 1) {
      const address = await proposed(round, accountId);
      const replies = await Promise.all(
        Array.from({ length: 8 }, (_, index) => post(index, `${address}/approve`, {}, checker)),
      );
      expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    }
    expect(new Set(await causesOf(accountId)).size).toBe(10);
    expect(await causesOf(accountId)).toHaveLength(10);
  });

  it('end a proposal in one way where one approves and the other rejects', async () => {
    const accountId = await opened();
    let approved = 0;
    for (let round = 0; round < 20; round += 1) {
      const address = await proposed(round, accountId);
      const [approval, rejection] = await Promise.all([
        post(round, `${address}/approve`, {}, checker),
        post(round + 1, `${address}/reject`, { reason: 'a test' }, checker),
      ]);
      const statuses = [approval.status, rejection.status];
      expect([
        [201, 409],
        [409, 200],
      ]).toContainEqual(statuses);
      if (approval.status === 201) approved += 1;
    }
    expect(await causesOf(accountId)).toHaveLength(approved);
  });

  /** Whether the proposal and the events say the same, and how often it was carried out. */
  const timesDone = async ({ accountId, address }: Made): Promise<number> => {
    const proposalId = idIn(address);
    const { status, eventIds = [] } = await new Proposals(database.storage, systemClock).find(proposalId);
    const booked = (await causesOf(accountId)).filter((cause) => cause === proposalId).length;
    expect([status, eventIds.length]).toEqual([booked > 0 ? 'approved' : 'pending', booked]);
    return booked;
  };

  it('lose no approval and give none twice where one is killed in the middle', { timeout: 120_000 }, async () => {
    const accounts = await Promise.all(Array.from({ length: 5 }, opened));
    const make = async (index: number): Promise<Made> => {
      const accountId = accounts[index % accounts.length] ?? '';
      return { accountId, address: await proposed(index, accountId), key: randomUUID() };
    };
    const approve = (index: number, { address, key }: Made): Promise<Reply | undefined> =>
      post(index, `${address}/approve`, {}, withKey(checker, key)).catch(() => undefined);
    for (let round = 0; round < 4; round += 1) {
      const made = await Promise.all(Array.from({ length: 40 }, (_, index) => make(index)));
      const asked = made.map((proposal, index) => approve(index, proposal));
      await sleep(randomInt(0, 60));
      await processes.kill(at(round), 'SIGKILL');
      const first = (await Promise.all(asked)).map((reply) => (reply?.status === 201 ? reply.text : undefined));
      servers[round % servers.length] = await start();
      for (const [index, proposal] of made.entries()) {
        const before = await timesDone(proposal);
        const again = await settled(() => approve(round + 1, proposal));
        expect(again?.status, again?.text).toBe(201);
        if (first[index] !== undefined) expect([before, again?.text]).toEqual([1, first[index]]);
        expect(await timesDone(proposal)).toBe(1);
      }
    }
    expect((await verifyLedger(database.storage)).faults).toEqual([]);
  });

  it('leave a ledger that npm run verify finds sound', async () => {
    const { code, stdout, stderr } = await runScript('verify', [], { MONGODB_URI: database.uri });
    expect(code, `${stdout}\n${stderr}`).toBe(0);
  });
});
