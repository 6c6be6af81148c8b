import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { leafOf } from '../../src/journal/canonical-event.ts';
import { openCheckpoint } from '../../src/journal/checkpoint.ts';
import { hashFrom, leafHash } from '../../src/journal/merkle/hash.ts';
import { verifyConsistency } from '../../src/journal/merkle/verify-proofs.ts';
import { readProofDocument } from '../../src/journal/proof-document.ts';
import type { Duty } from '../../src/application/duty.ts';
import { readVerifierKey } from '../../src/journal/signed-note.ts';
import { verifyProof } from '../../src/journal/verify-proof.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { append } from '../contract/fixture.ts';
import { startApi } from '../support/api.ts';
import { accountOpenedAtSchemaVersion1, newEventId, streamUpTo } from '../support/recorded-events.ts';
import { sealerOver } from '../support/sealers.ts';
import { expectProblem } from './expectations.ts';
import { useWorld } from './world.ts';

type Entry = { readonly position: number; readonly leafHash: string; readonly event: Record<string, unknown> };

const EVENTS = 700;

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
};

describe('the journal', () => {
  const world = useWorld();
  let sealer: Duty;
  const old = accountOpenedAtSchemaVersion1('old');

  const untilSealed = async (count: number): Promise<void> => {
    await vi.waitUntil(async () => (await world.storage.journal.head())?.treeSize === count, { timeout: 20_000 });
  };

  const getText = async (path: string): Promise<string> => {
    const { status, text, headers } = await world.client.get(path);
    expect(status, text).toBe(200);
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    return text;
  };

  const verifier = async () => readVerifierKey((await getText('/v1/journal/key')).trim());

  const checkpoint = async () => openCheckpoint(await getText('/v1/journal/checkpoint'), await verifier());

  const entriesBehind = async (query: string): Promise<readonly Entry[]> => {
    const { status, body, text } = await world.client.get(`/v1/journal?${query}`);
    expect(status, text).toBe(200);
    return body.entries as readonly Entry[];
  };

  beforeAll(async () => {
    await append(world.storage, [old]);
    await append(world.storage, streamUpTo('sealed', EVENTS - 1));
    sealer = sealerOver(world.storage);
    sealer.start();
    await untilSealed(EVENTS);
  });
  afterAll(() => sealer.stop());

  it('lists all events by position, page after page', async () => {
    const all = await entriesBehind('limit=1000');
    expect(all.map(({ position }) => position)).toEqual(Array.from({ length: EVENTS }, (_, index) => index + 1));
    const first = await entriesBehind('');
    expect(first).toEqual(all.slice(0, 50));
    expect(await entriesBehind('after=50&limit=300')).toEqual(all.slice(50, 350));
    expect(await entriesBehind(`after=${EVENTS - 1}`)).toEqual(all.slice(-1));
    const { body } = await world.client.get(`/v1/journal?after=${EVENTS}`);
    expect(body).toEqual({ entries: [], lastPosition: EVENTS });
  });

  it('shows events as they were recorded, so that whoever reads them can hash them', async () => {
    for (const { leafHash: told, event } of await entriesBehind('limit=20')) {
      expect(leafHash(Buffer.from(JSON.stringify(sorted(event)))).toString('base64')).toBe(told);
    }
    const [position] = (await world.storage.journal.positionsOf([old.eventId])).values();
    const [entry] = await entriesBehind(`after=${Number(position) - 1}&limit=1`);
    expect(entry?.event).toMatchObject({ eventId: old.eventId, schemaVersion: 1 });
    expect(entry?.event.data).not.toHaveProperty('overdraftLimit');
    expect(entry?.leafHash).toBe(leafOf(old).toString('base64'));
  });

  it('leaves no event out that was sealed and is not there: nobody goes on behind it as if there had been none', async () => {
    const asRecorded = world.storage.feed.asRecorded.bind(world.storage.feed);
    vi.spyOn(world.storage.feed, 'asRecorded').mockImplementationOnce((ids) => asRecorded(ids.toSpliced(3, 1)));
    expectProblem(await world.client.get('/v1/journal?limit=10'), 'INTERNAL_ERROR');
    expect(await entriesBehind('limit=10')).toHaveLength(10);
  });

  it.each(['after=-1', 'after=01', 'after=1.5', 'after=9007199254740992', 'limit=0', 'limit=1001', 'cursor=x'])(
    'refuses %s',
    async (query) => {
      expectProblem(await world.client.get(`/v1/journal?${query}`), 'VALIDATION_FAILED');
    },
  );

  it('signs how many events there are, and shows the key', async () => {
    expect((await checkpoint()).size).toBe(EVENTS);
    const { body } = await world.client.get('/v1/journal/checkpoint', { Accept: 'application/json' });
    expect(body).toMatchObject({ size: EVENTS, checkpoint: await getText('/v1/journal/checkpoint') });
    expect(`${String(body.verifierKey)}\n`).toBe(await getText('/v1/journal/key'));
    for (const path of ['checkpoint', 'key']) {
      const refused = await world.client.get(`/v1/journal/${path}`, { Accept: 'image/png' });
      expectProblem(refused, 'NOT_ACCEPTABLE');
    }
  });

  it('proves that each event is sealed where it stands', async () => {
    const key = await verifier();
    const all = await entriesBehind('limit=1000');
    for (const { position, event } of all.filter((_, index) => index % 37 === 0 || index > EVENTS - 5)) {
      const { body } = await world.client.get(`/v1/journal/proof?eventId=${String(event.eventId)}`);
      expect(body.position).toBe(position);
      expect(JSON.parse(String(body.event))).toEqual(event);
      expect(verifyProof(readProofDocument(body), key)).toMatchObject({ isValid: true, checkpoint: { size: EVENTS } });
      const elsewhere = { ...body, position: position === 1 ? 2 : position - 1 };
      expect(verifyProof(readProofDocument(elsewhere), key)).toMatchObject({ isValid: false });
    }
  });

  it('knows no event that there is not, and says of one that is not sealed yet to come again', async () => {
    expectProblem(await world.client.get(`/v1/journal/proof?eventId=${newEventId()}`), 'EVENT_NOT_FOUND');
    expectProblem(await world.client.get('/v1/journal/proof'), 'VALIDATION_FAILED');
    await sealer.stop();
    const [event] = streamUpTo('unsealed', 1);
    await append(world.storage, event ? [event] : []);
    const path = `/v1/journal/proof?eventId=${event?.eventId ?? ''}`;
    const early = await world.client.get(path);
    expectProblem(early, 'NOT_SEALED_YET');
    expect(early.headers.get('retry-after')).toBe('1');
    const { body: health } = await world.client.get('/health');
    // The event says that it was recorded long ago, and commands are taken all the same.
    expect(health).toMatchObject({ status: 'degraded', checks: { storage: 'ok' }, journal: { position: EVENTS } });
    expect((await world.client.get('/health/ready')).body).toMatchObject({ status: 'ok' });
    sealer.start();
    await untilSealed(EVENTS + 1);
    expect(verifyProof(readProofDocument((await world.client.get(path)).body), await verifier()).isValid).toBe(true);
    const { body } = await world.client.get('/health');
    expect(body).toMatchObject({ status: 'ok', journal: { position: EVENTS + 1, lagMs: 0 } });
  });

  it('proves that it only grew between any two checkpoints', async () => {
    const before = await checkpoint();
    await append(world.storage, streamUpTo('grown', 600));
    await untilSealed(before.size + 600);
    const after = await checkpoint();
    const { body } = await world.client.get(`/v1/journal/consistency?from=${before.size}`);
    const proof = (body.proof as readonly string[]).map((hash) => hashFrom(Buffer.from(hash, 'base64')));
    const growth = { first: before.size, second: after.size };
    expect(body).toMatchObject({ from: before.size, to: after.size });
    expect(verifyConsistency(growth, { first: before.root, second: after.root }, proof)).toBe(true);
    expect(verifyConsistency(growth, { first: after.root, second: after.root }, proof)).toBe(false);
    const same = await world.client.get(`/v1/journal/consistency?from=${before.size}&to=${before.size}`);
    expect(same.body).toMatchObject({ from: before.size, to: before.size, proof: [] });
    expect(same.body.later).toBe(same.body.earlier);
    const tooFar = await world.client.get(`/v1/journal/consistency?from=1&to=${after.size + 1}`);
    expectProblem(tooFar, 'NOT_SEALED_YET');
    expectProblem(await world.client.get('/v1/journal/consistency?from=5&to=4'), 'VALIDATION_FAILED');
  });
});

describe('the journal of an empty ledger', () => {
  it('has no entries, and nothing to vouch for yet', async () => {
    const api = await startApi(openMemoryStorage());
    expect((await api.client.get('/v1/journal')).body).toEqual({ entries: [], lastPosition: 0 });
    for (const path of ['checkpoint', 'key', 'consistency?from=0']) {
      expectProblem(await api.client.get(`/v1/journal/${path}`), 'NOT_SEALED_YET');
    }
    expect((await api.client.get('/health')).body).toMatchObject({ journal: { position: 0, lagMs: 0 } });
    await api.close();
  });
});
