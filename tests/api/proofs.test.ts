import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Duty } from '../../src/application/duty.ts';
import { MOST_EVENTS_PROVED } from '../../src/journal/prove-stream.ts';
import { type NoteVerifier, readVerifierKey } from '../../src/journal/signed-note.ts';
import { verifyDocument } from '../../src/proofs/verify-document.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { append } from '../contract/fixture.ts';
import { type Json, startApi } from '../support/api.ts';
import { accountOpenedAtSchemaVersion1, streamUpTo } from '../support/recorded-events.ts';
import { sealerOver } from '../support/sealers.ts';
import { expectProblem } from './expectations.ts';
import { ManualClock, useWorld } from './world.ts';

const clock = new ManualClock();

const moments = ['01-01', '01-05', '01-09', '01-12', '01-20', '02-02', '02-10', '03-20'].map(
  (day) => `2040-${day}T12:00:00.000Z`,
);

describe('an answer with its proof', () => {
  const world = useWorld(clock);
  let sealer: Duty;
  let key: NoteVerifier;

  const post = async (time: string, path: string, body: Json): Promise<Json> => {
    clock.moveTo(`2040-${time}T09:00:00.000Z`);
    const reply = await world.client.post(path, body);
    expect(reply.status, reply.text).toBeLessThan(300);
    return reply.body;
  };

  const untilSealed = (): Promise<unknown> =>
    vi.waitUntil(async () => (await world.storage.feed.firstUnsealed()) === undefined, { timeout: 20_000 });

  beforeAll(async () => {
    const euros = (amount: number, more: Json = {}): Json => ({ amount, currency: 'EUR', ...more });
    await post('01-01', '/v1/accounts', {
      accountId: 'alice',
      ownerId: 'a',
      currency: 'EUR',
      effectiveAt: '2039-12-01T00:00:00Z',
    });
    await post('01-01', '/v1/accounts', { accountId: 'bob', ownerId: 'b', currency: 'EUR', overdraftLimit: 9_000 });
    await post('01-04', '/v1/accounts/alice/deposits', euros(10_000, { transactionId: 'wages-1', source: 'employer' }));
    const { eventId } = await post('01-08', '/v1/accounts/alice/withdrawals', euros(1_200, { reference: 'a coat' }));
    await post('01-10', '/v1/transfers', {
      transferId: 'rent',
      fromAccountId: 'alice',
      toAccountId: 'bob',
      ...euros(2_500),
    });
    await post('01-15', '/v1/accounts/alice/deposits', euros(300, { effectiveAt: '2039-12-24T18:00:00Z' }));
    await post('01-18', '/v1/accounts/alice/freeze', { reason: 'a court order' });
    await post('01-25', '/v1/accounts/alice/unfreeze', { reason: 'lifted' });
    await post('02-01', '/v1/accounts/alice/deposits', euros(50, { effectiveAt: '2040-01-09T00:00:00Z' }));
    await post('02-05', '/v1/reversals', { eventId, amount: 200, reason: 'a button was missing' });
    await post('02-06', '/v1/reversals', { eventId, reason: 'sent back' });
    await post('03-01', '/v1/accounts/alice/overdraft-limit', { overdraftLimit: 4_000 });
    clock.moveTo('2040-04-01T00:00:00.000Z');
    sealer = sealerOver(world.storage);
    sealer.start();
    await untilSealed();
    key = readVerifierKey((await world.client.get('/v1/journal/key')).text.trim());
  });
  afterAll(() => sealer.stop());

  const get = async (
    path: string,
  ): Promise<{ readonly body: Json; readonly text: string; readonly link: string | null }> => {
    const { status, text, body, headers } = await world.client.get(path);
    expect(status, text).toBe(200);
    return { body, text, link: headers.get('link') };
  };

  const proven = async (question: string, id = 'alice') => {
    const path = `/v1/accounts/${id}/${question}`;
    const plain = await get(path);
    const { body, text, link } = await get(`${path}${question.includes('?') ? '&' : '?'}proof=1`);
    const verdict = await verifyDocument(Buffer.from(text), key);
    expect(verdict.isValid ? 'valid' : verdict.reason, question).toBe('valid');
    if (!verdict.isValid) throw new Error(verdict.reason);
    return { answer: plain.body, body, proof: body.proof as Json, link, ...verdict };
  };

  it('is the answer that it is without, and whoever has the key can check it, on both axes of time', async () => {
    const known = moments.map((moment) => `knownAt=${moment}`);
    const dated = moments.map((moment) => `asOf=${moment}`);
    const both = moments.flatMap((asOf) => moments.map((knownAt) => `asOf=${asOf}&knownAt=${knownAt}`));
    for (const moment of ['', ...known, ...dated, ...both]) {
      const { answer, body } = await proven(`balance?${moment}`);
      expect(body.balance, moment).toEqual(answer);
    }
  }, 120_000);

  it('holds for every version, and shows what comes next', async () => {
    const last = Number((await proven('balance')).answer.version);
    for (let version = 1; version <= last; version += 1) {
      const { answer, body, proof, proved } = await proven(`balance?version=${version}`);
      expect(body.balance).toEqual(answer);
      expect(proof.events).toHaveLength(version);
      expect(proof.next === undefined).toBe(version === last);
      expect(proved.some((sentence) => sentence.startsWith(`Event ${version + 1} was recorded at`))).toBe(
        version < last,
      );
    }
  });

  it('shows the event that was recorded behind the moment, and says where nothing shows that there is none', async () => {
    const bounded = await proven('balance?knownAt=2040-01-12T12:00:00Z');
    expect(JSON.parse(String(bounded.proof.next))).toMatchObject({
      version: 5,
      recordedAt: '2040-01-15T09:00:00.000Z',
    });
    expect(bounded.notProved).toHaveLength(1);
    const today = await proven('balance');
    expect(today.proof).not.toHaveProperty('next');
    expect(today.notProved[0]).toMatch(/^that account-alice has no event behind version \d+:/);
  });

  it('holds for statements: of days, as known, of a version, in either order, page by page', async () => {
    const dates = 'from=2039-12-10T00:00:00Z&to=2040-01-10T00:00:00Z';
    const known = 'knownAt=2040-01-12T12:00:00Z';
    const questions = [
      '',
      dates,
      known,
      `${dates}&${known}`,
      'version=4',
      `${dates}&version=7`,
      'from=2040-03-20T00:00:00Z',
    ];
    for (const question of questions.flatMap((it) => [it, `${it}&order=desc`])) {
      const { answer, body } = await proven(`statement?${question}`);
      expect(body.statement, question).toEqual(answer);
      for (let cursor = ''; ;) {
        const page = await proven(`statement?${question}&limit=2${cursor}`);
        expect(page.body.statement, question).toEqual(page.answer);
        const next = page.answer.nextCursor;
        if (typeof next !== 'string') break;
        expect(page.link).toContain('proof=1');
        cursor = `&cursor=${next}`;
      }
    }
  }, 120_000);

  it('goes no further than the account does, whatever a cursor says', async () => {
    const { body } = await get('/v1/accounts/alice/statement?limit=1');
    const [list, [effectiveAt, version, known, to]] = JSON.parse(
      Buffer.from(String(body.nextCursor), 'base64url').toString(),
    ) as [string, [number, number, number, number]];
    const made = JSON.stringify([list, [effectiveAt, version, known + 3, to]]);
    const cursor = Buffer.from(made).toString('base64url');
    const { answer } = await proven(`statement?limit=1&cursor=${cursor}`);
    expect(answer.version).toBe(known);
  });

  it('holds for the other side of a transfer, and for an account that was opened in an older shape', async () => {
    expect((await proven('balance', 'bob')).answer.ledgerBalance).toBe(2_500);
    await append(world.storage, [accountOpenedAtSchemaVersion1('old')]);
    await untilSealed();
    const { body } = await proven('balance?version=1', 'old');
    expect(String((body.proof as { events: unknown[] }).events[0])).toContain('"schemaVersion":1');
  });

  it('is refused where there is no such account or moment, as without', async () => {
    expectProblem(await world.client.get('/v1/accounts/nobody/balance?proof=1'), 'ACCOUNT_NOT_FOUND');
    expectProblem(await world.client.get('/v1/accounts/alice/balance?version=99&proof=1'), 'ACCOUNT_NOT_FOUND');
    expectProblem(
      await world.client.get('/v1/accounts/alice/statement?knownAt=2041-01-01T00:00:00Z&proof=1'),
      'EFFECTIVE_IN_FUTURE',
    );
  });

  it('is JSON, and asked for with 1', async () => {
    for (const what of ['balance', 'statement']) {
      expectProblem(await world.client.get(`/v1/accounts/alice/${what}?proof=yes`), 'VALIDATION_FAILED');
    }
    const csv = await world.client.get('/v1/accounts/alice/statement?proof=1', { Accept: 'text/csv' });
    expectProblem(csv, 'NOT_ACCEPTABLE');
  });

  it('comes again in a moment where an event is not sealed yet', async () => {
    await sealer.stop();
    await post('04-02', '/v1/accounts/bob/deposits', { amount: 1, currency: 'EUR' });
    for (const what of ['balance', 'statement']) {
      const early = await world.client.get(`/v1/accounts/bob/${what}?proof=1`);
      expectProblem(early, 'NOT_SEALED_YET');
      expect(early.headers.get('retry-after')).toBe('1');
    }
    // The event behind those that count is wanted as well, and is not sealed.
    expectProblem(await world.client.get('/v1/accounts/bob/balance?version=2&proof=1'), 'NOT_SEALED_YET');
    sealer.start();
    await untilSealed();
    expect((await proven('balance', 'bob')).answer.ledgerBalance).toBe(2_501);
    expect((await proven('balance?version=2', 'bob')).proof).toHaveProperty('next');
  });
});

describe('an account with more events than one proof has', () => {
  it('is proved up to the limit, and told about it beyond', async () => {
    const storage = openMemoryStorage();
    await append(storage, streamUpTo('long', MOST_EVENTS_PROVED + 1));
    const sealer = sealerOver(storage);
    sealer.start();
    await vi.waitUntil(async () => (await storage.journal.head())?.treeSize === MOST_EVENTS_PROVED + 1, 30_000);
    await sealer.stop();
    const { client, close } = await startApi(storage);
    const key = readVerifierKey((await client.get('/v1/journal/key')).text.trim());
    const longest = await client.get(`/v1/accounts/long/balance?version=${MOST_EVENTS_PROVED}&proof=1`);
    expect(await verifyDocument(Buffer.from(longest.text), key)).toMatchObject({ isValid: true });
    const beyond = MOST_EVENTS_PROVED + 1;
    for (const what of ['balance', 'statement']) {
      const tooLong = await client.get(`/v1/accounts/long/${what}?version=${beyond}&proof=1`);
      expectProblem(tooLong, 'PROOF_TOO_LONG');
      expect(tooLong.body).toMatchObject({ events: beyond, limit: MOST_EVENTS_PROVED });
    }
    await close();
  }, 120_000);
});
