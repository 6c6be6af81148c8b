import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Duty } from '../../../src/application/duty.ts';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { composeSealer, systemClock } from '../../../src/compose.ts';
import { instant } from '../../../src/domain/time/instant.ts';
import type { SignedCheckpoint } from '../../../src/journal/signed-checkpoint.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { append } from '../../contract/fixture.ts';
import { noon, streamUpTo } from '../../support/recorded-events.ts';
import { newSigner } from '../../support/sealers.ts';
import { beginSigned } from '../../support/signed-file.ts';
import { verifyJournal } from '../../support/verify-journal.ts';

const signer = newSigner();

describe('what the feed tells once more', () => {
  let directory: string;
  let signed: SignedCheckpoint;
  let sealer: Duty | undefined;
  let errors: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daybook-told-'));
    signed = await beginSigned(join(directory, 'key.pem.checkpoint'));
    errors = [];
  });
  afterEach(async () => {
    await sealer?.stop();
    await rm(directory, { recursive: true });
  });

  const start = (storage: Storage, clock = systemClock): void => {
    const error = ({ err }: { err?: unknown }): void => void errors.push(String(err));
    const log = { info: () => undefined, warn: () => undefined, error };
    sealer = composeSealer(storage, { signer, signed }, log, clock);
    sealer.start();
  };

  const untilSealed = (storage: Storage, count: number): Promise<void> =>
    vi
      .waitUntil(async () => (await storage.journal.head())?.treeSize === count, { timeout: 20_000 })
      .then(() => undefined);

  /** Sealed by one who follows, so that nothing has to be recovered later; and told once more to whoever comes next. */
  const sealedAndToldAgain = async (): Promise<Storage> => {
    const storage = openMemoryStorage();
    await append(storage, streamUpTo('a', 3));
    const follow = vi.spyOn(storage.feed, 'follow');
    start(storage);
    await vi.waitUntil(() => follow.mock.calls.length > 0, { timeout: 20_000 });
    await append(storage, streamUpTo('b', 300));
    await untilSealed(storage, 303);
    await sealer?.stop();
    follow.mockImplementationOnce((_, signal) => storage.feed.follow('0', signal));
    return storage;
  };

  it('is left out where it is sealed, and what is new is sealed', async () => {
    const storage = await sealedAndToldAgain();
    await append(storage, streamUpTo('c', 2));
    start(storage);
    await untilSealed(storage, 305);
    expect(errors).toEqual([]);
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it.each([
    ['is sealed, and is not', 5],
    ['is sealed behind the end', 999],
  ])('stops the sealer where the journal says of an event that it %s', async (_, position) => {
    const storage = await sealedAndToldAgain();
    const [hidden, behind] = streamUpTo('c', 2);
    if (hidden && behind) await append(storage, [hidden, behind]);
    const positionsOf = storage.journal.positionsOf.bind(storage.journal);
    vi.spyOn(storage.journal, 'positionsOf').mockImplementation(async (ids) => {
      const positions = await positionsOf(ids);
      return new Map([
        ...positions,
        ...ids.filter((id) => id === hidden?.eventId).map((id) => [id, position] as const),
      ]);
    });
    start(storage);
    await vi.waitUntil(() => errors.length > 0, { timeout: 20_000 });
    await sealer?.stop();
    expect(errors[0]).toMatch(/JournalWentBack: .* the journal says that they are sealed: one of them is not/);
    expect((await storage.journal.head())?.treeSize).toBe(303);
    expect((await signed.last()).checkpoint.size).toBe(303);
  });

  it('is not sealed twice behind a recovery, however far ahead the clocks were with which it was recorded', async () => {
    const storage = openMemoryStorage();
    await append(storage, streamUpTo('a', 300));
    const { history } = await storage.feed.recover();
    vi.spyOn(storage.feed, 'recover').mockResolvedValueOnce({ token: '0', history });
    start(storage, { now: () => instant(noon - 3_600_000) });
    await untilSealed(storage, 300);
    await append(storage, streamUpTo('b', 5));
    await untilSealed(storage, 305);
    expect(errors).toEqual([]);
    expect(await verifyJournal(storage)).toEqual([]);
  });
});
