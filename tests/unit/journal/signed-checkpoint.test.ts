import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { composeSealer } from '../../../src/compose.ts';
import type { Duty } from '../../../src/application/duty.ts';
import { openCheckpoint, signCheckpoint } from '../../../src/journal/checkpoint.ts';
import { EMPTY_ROOT } from '../../../src/journal/merkle/hash.ts';
import { SignedCheckpoint } from '../../../src/journal/signed-checkpoint.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { append } from '../../contract/fixture.ts';
import { streamUpTo } from '../../support/recorded-events.ts';
import { newSigner } from '../../support/sealers.ts';
import { verifyJournal } from '../../support/verify-journal.ts';

const signer = newSigner();

/** The journal of a ledger, and the file beside the key of whoever signs it. */
describe('what was signed last', () => {
  let directory: string;
  let signed: SignedCheckpoint;
  let sealer: Duty | undefined;
  let errors: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daybook-signed-'));
    signed = new SignedCheckpoint(join(directory, 'key.pem.checkpoint'));
    errors = [];
  });
  afterEach(async () => {
    await sealer?.stop();
    await rm(directory, { recursive: true });
  });

  const start = (storage: Storage, by = signer): void => {
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: ({ err }: { err?: unknown }) => void errors.push(err instanceof Error ? err.message : String(err)),
    };
    sealer = composeSealer(storage, { signer: by, signed }, log);
    sealer.start();
  };

  const sizeOf = async (storage: Storage): Promise<number> => (await storage.journal.head())?.treeSize ?? 0;

  const seal = async (storage: Storage, count: number, by = signer): Promise<void> => {
    start(storage, by);
    await vi.waitUntil(async () => (await sizeOf(storage)) === count, { timeout: 20_000 });
    await sealer?.stop();
  };

  /** With other events, and with nothing sealed. */
  const other = async (...events: Parameters<typeof append>[1][]): Promise<Storage> => {
    const storage = openMemoryStorage();
    for (const stream of events) await append(storage, stream);
    return storage;
  };

  const refused = async (storage: Storage): Promise<string> => {
    const before = await sizeOf(storage);
    start(storage);
    await vi.waitUntil(() => errors.length > 0, { timeout: 20_000 });
    await sealer?.stop();
    expect(await sizeOf(storage)).toBe(before);
    return errors[0] ?? '';
  };

  it('is kept behind each block, as a note that others can read, and nothing else is left in its place', async () => {
    const storage = await other(streamUpTo('a', 1_500));
    await seal(storage, 1_500);
    const note = await readFile(signed.path, 'utf8');
    expect(openCheckpoint(note, signer).size).toBe(1_500);
    expect(note).toBe((await storage.journal.head())?.checkpoint);
    expect(await readdir(directory)).toEqual(['key.pem.checkpoint']);
  });

  it('is gone on from by the next start, and by the one after a crash between a block and the file', async () => {
    const storage = await other(streamUpTo('a', 300));
    await seal(storage, 300);
    const before = await readFile(signed.path, 'utf8');
    await append(storage, streamUpTo('b', 400));
    await seal(storage, 700);
    await writeFile(signed.path, before);
    await append(storage, streamUpTo('c', 3));
    await seal(storage, 703);
    expect(openCheckpoint(await readFile(signed.path, 'utf8'), signer).size).toBe(703);
    expect(errors).toEqual([]);
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('is taken from a journal from before it was kept, also where nothing new is sealed', async () => {
    const storage = await other(streamUpTo('a', 10));
    await seal(storage, 10);
    await rm(signed.path);
    start(storage);
    await vi.waitUntil(async () => (await signed.last())?.size === 10, { timeout: 20_000 });
    expect(errors).toEqual([]);
  });

  it('holds under another key too', async () => {
    await seal(await other(streamUpTo('a', 10)), 10);
    const storage = await other(streamUpTo('b', 10));
    start(storage, newSigner());
    await vi.waitUntil(() => errors.length > 0, { timeout: 20_000 });
    expect(await sizeOf(storage)).toBe(0);
  });

  it('stops the sealer where the journal was removed: a changed history is not signed as if for the first time', async () => {
    await seal(await other(streamUpTo('a', 300)), 300);
    const message = await refused(await other(streamUpTo('a', 300)));
    expect(message).toContain('The journal has 0 events, and 300 were signed.');
    expect(message).toContain('npm run verify');
    expect(message).toContain('DAYBOOK_SIGNED_CHECKPOINT_FILE');
  });

  it('stops the sealer where the journal is as long, or longer, and of other events', async () => {
    const first = await other(streamUpTo('a', 300));
    await seal(first, 300);
    const note = await readFile(signed.path, 'utf8');
    for (const count of [300, 301, 900]) {
      const storage = await other(streamUpTo('b', count));
      await rm(signed.path);
      await seal(storage, count);
      await writeFile(signed.path, note);
      expect(await refused(storage)).toContain('The first 300 events of the journal are not those that were signed.');
      errors = [];
    }
  });

  it('stops the sealer where the tree that it would go on from is not that of the root that was signed', async () => {
    const storage = await other(streamUpTo('a', 300));
    await seal(storage, 300);
    const foreign = await other(streamUpTo('b', 300));
    await rm(signed.path);
    await seal(foreign, 300);
    const range = (await foreign.journal.head())?.range ?? new Uint8Array();
    await writeFile(signed.path, (await storage.journal.head())?.checkpoint ?? '');
    const head = await storage.journal.head();
    vi.spyOn(storage.journal, 'head').mockResolvedValue(head && { ...head, range });
    expect(await refused(storage)).toContain('are not those that were signed');
  });

  it('that cannot be read or written says which file and what to do', async () => {
    await writeFile(signed.path, 'nonsense\n');
    await expect(signed.check()).rejects.toThrow(/key\.pem\.checkpoint is no checkpoint: .*remove the file/);
    const nowhere = new SignedCheckpoint(join(directory, 'nowhere', 'file'));
    await expect(nowhere.check()).rejects.toThrow(/cannot be kept in .*nowhere.*DAYBOOK_SIGNED_CHECKPOINT_FILE/);
    await expect(new SignedCheckpoint(directory).check()).rejects.toThrow('DAYBOOK_SIGNED_CHECKPOINT_FILE');
    await expect(nowhere.keep(signCheckpoint({ size: 0, root: EMPTY_ROOT }, signer))).rejects.toThrow(
      'DAYBOOK_SIGNED_CHECKPOINT_FILE',
    );
  });
});
