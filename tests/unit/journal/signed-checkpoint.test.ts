import { randomUUID } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventAsRecorded } from '../../../src/application/ports/event-as-recorded.ts';
import type { Block, BlockHead } from '../../../src/application/ports/journal-store.ts';
import { StorageUnavailable, VersionConflict } from '../../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { composeSealer } from '../../../src/compose.ts';
import type { Duty } from '../../../src/application/duty.ts';
import { instant } from '../../../src/domain/time/instant.ts';
import { textOfBlock } from '../../../src/journal/block-text.ts';
import { NOTHING_SEALED, openCheckpoint, signCheckpoint } from '../../../src/journal/checkpoint.ts';
import { SignedCheckpoint, SignedCheckpointUnusable } from '../../../src/journal/signed-checkpoint.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { append } from '../../contract/fixture.ts';
import { streamUpTo } from '../../support/recorded-events.ts';
import { beginSigned } from '../../support/signed-file.ts';
import { newSigner } from '../../support/sealers.ts';
import { verifyJournal } from '../../support/verify-journal.ts';

const signer = newSigner();

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The journal of a ledger, and the file beside the key of whoever signs it. */
describe('what was signed last', () => {
  let directory: string;
  let signed: SignedCheckpoint;
  let sealer: Duty | undefined;
  let errors: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daybook-signed-'));
    signed = await beginSigned(join(directory, 'key.pem.checkpoint'));
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

  const kept = async (): Promise<number> => (await signed.last()).checkpoint.size;

  it('is kept before each block, with the block, and nothing else is left in its place', async () => {
    const storage = await other(streamUpTo('a', 1_500));
    await seal(storage, 1_500);
    const { checkpoint, block } = await signed.last();
    expect(checkpoint.size).toBe(1_500);
    const head = await storage.journal.head();
    expect(block).toMatchObject({ number: head?.number, treeSize: 1_500, checkpoint: head?.checkpoint });
    expect(openCheckpoint(block?.checkpoint ?? '', signer)).toEqual(checkpoint);
    expect(await readdir(directory)).toEqual(['key.pem.checkpoint']);
  });

  it('is gone on from by the next start', async () => {
    const storage = await other(streamUpTo('a', 300));
    await seal(storage, 300);
    await append(storage, streamUpTo('b', 400));
    await seal(storage, 700);
    expect(await kept()).toBe(700);
    expect(errors).toEqual([]);
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('is never of another tree, where a block was signed and the store did not take it: that block comes first', async () => {
    const storage = await other(streamUpTo('a', 300));
    await seal(storage, 300);
    await append(storage, streamUpTo('b', 1));
    const insert = vi.spyOn(storage.journal, 'insert').mockRejectedValue(new StorageUnavailable('refused'));
    start(storage);
    await vi.waitUntil(async () => (await kept()) === 301, { timeout: 20_000 });
    await sealer?.stop();
    const due = (await signed.last()).block;
    insert.mockRestore();
    // What would come first if nobody remembered.
    await append(storage, streamUpTo('c', 5));
    errors = [];
    await seal(storage, 306);
    expect(errors).toEqual([]);
    const blocks: Block[] = [];
    for await (const block of storage.journal.from(301)) blocks.push(block);
    expect(blocks[0]).toEqual(due);
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('stops the sealer where a block was signed, and another one was put in its place', async () => {
    const storage = await other(streamUpTo('a', 300));
    await seal(storage, 300);
    const text = await readFile(signed.path, 'utf8');
    await append(storage, streamUpTo('b', 5));
    await seal(storage, 305);
    const ahead = await readFile(signed.path, 'utf8');
    const changed = await other(streamUpTo('a', 300));
    await writeFile(signed.path, text);
    const foreign = new SignedCheckpoint(join(directory, 'foreign'));
    await foreign.begin(signCheckpoint(NOTHING_SEALED, signer));
    await append(changed, streamUpTo('c', 1));
    const thief = composeSealer(changed, { signer: newSigner(), signed: foreign }, silent);
    thief.start();
    await vi.waitUntil(async () => (await sizeOf(changed)) === 301, { timeout: 20_000 });
    await thief.stop();
    await writeFile(signed.path, ahead);
    expect(await refused(changed)).toContain('The journal has 301 events, and 305 were signed.');
  });

  it('is written by one process at a time: who finds that another has signed begins again behind it', async () => {
    const storage = await other(streamUpTo('a', 3));
    await seal(storage, 3);
    const { block } = await signed.last();
    const second = new SignedCheckpoint(signed.path);
    await second.last();
    await second.keep({ ...(block as Block), number: 2 });
    await expect(signed.keep(block as Block)).rejects.toThrow(VersionConflict);
    await signed.last();
    await signed.keep(block as Block);
    expect((await second.last()).block?.number).toBe(1);
  });

  /** Several processes that found the same there, and sign something different each. */
  const keepAtOnce = async (block: Block, count: number): Promise<readonly string[]> => {
    const processes = Array.from({ length: count }, () => new SignedCheckpoint(signed.path));
    await Promise.all(processes.map((process) => process.last()));
    const kept = await Promise.allSettled(
      processes.map(async (process, sealedAt) => {
        const own = { ...block, sealedAt: instant(sealedAt) };
        await process.keep(own);
        return textOfBlock(own);
      }),
    );
    const refusals = kept.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(VersionConflict);
    return kept.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
  };

  it('is written by one of those that write at the same moment, or by none of them', async () => {
    const storage = await other(streamUpTo('a', 3));
    await seal(storage, 3);
    const block = (await signed.last()).block as Block;
    for (let number = 2; number < 40; number += 1) {
      const before = await readFile(signed.path, 'utf8');
      const [kept, ...others] = await keepAtOnce({ ...block, number }, 1 + (number % 4));
      expect(others).toEqual([]);
      const text = await readFile(signed.path, 'utf8');
      expect(text).toBe(kept === undefined ? before : `${block.checkpoint}${kept}\n`);
      if (number % 4 === 0) expect(kept).toBeDefined();
    }
    expect(await readdir(directory)).toEqual(['key.pem.checkpoint']);
  });

  it('is rid of what killed processes have left beside it, and of nothing else', async () => {
    await writeFile(`${signed.path}.${randomUUID()}`, 'half of');
    await writeFile(`${signed.path}.kept`, 'a note');
    await seal(await other(streamUpTo('a', 3)), 3);
    expect(await readdir(directory)).toEqual(['key.pem.checkpoint', 'key.pem.checkpoint.kept']);
  });

  it('may be elsewhere, with a link in its place that stays', async () => {
    const real = await beginSigned(join(directory, 'elsewhere'));
    await rm(signed.path);
    await symlink(real.path, signed.path);
    await seal(await other(streamUpTo('a', 3)), 3);
    expect((await lstat(signed.path)).isSymbolicLink()).toBe(true);
    expect((await real.last()).checkpoint.size).toBe(3);
  });

  it('stops the sealer where the journal goes on behind it: nobody here has signed that', async () => {
    const storage = await other(streamUpTo('a', 300));
    await seal(storage, 300);
    const text = await readFile(signed.path, 'utf8');
    await append(storage, streamUpTo('b', 5));
    await seal(storage, 305);
    await writeFile(signed.path, text);
    expect(await refused(storage)).toContain('The journal has 305 events, and no more than 300 were signed here.');
  });

  it('stops the sealer where it says that nothing was signed, and the last block has the signature of this key', async () => {
    const storage = await other(streamUpTo('a', 300));
    const text = await readFile(signed.path, 'utf8');
    await seal(storage, 300);
    await writeFile(signed.path, text);
    expect(await refused(storage)).toContain('The journal has 300 events, and no more than 0 were signed here.');
  });

  it('begins with a new key on a journal that another key has signed', async () => {
    const storage = await other(streamUpTo('a', 300));
    const text = await readFile(signed.path, 'utf8');
    await seal(storage, 300);
    await writeFile(signed.path, text);
    await append(storage, streamUpTo('b', 1));
    await seal(storage, 301, newSigner());
    expect(errors).toEqual([]);
    expect(await kept()).toBe(301);
  });

  it('says with which token to go on, whatever the store says', async () => {
    const storage = await other(streamUpTo('a', 3));
    const follow = vi.spyOn(storage.feed, 'follow');
    start(storage);
    await vi.waitUntil(() => follow.mock.calls.length > 0, { timeout: 20_000 });
    await append(storage, streamUpTo('b', 2));
    await vi.waitUntil(async () => (await sizeOf(storage)) === 5, { timeout: 20_000 });
    await sealer?.stop();
    const token = (await signed.last()).block?.resumeToken;
    expect(token).toBeDefined();
    vi.spyOn(storage.journal, 'tokenBehind').mockResolvedValue('one that skips what is not sealed yet');
    follow.mockClear();
    await append(storage, streamUpTo('c', 2));
    await seal(storage, 7);
    expect(follow.mock.calls[0]?.[0]).toBe(token);
    expect(await verifyJournal(storage)).toEqual([]);
  });

  it('stops the sealer where a block without events was put behind the last one, for the token that it has', async () => {
    const storage = await other(streamUpTo('a', 3));
    await seal(storage, 3);
    const head = (await storage.journal.head()) as BlockHead;
    const empty = { ...head, number: head.number + 1, resumeToken: 'one that skips what is not sealed yet' };
    vi.spyOn(storage.journal, 'head').mockResolvedValue(empty);
    expect(await refused(storage)).toContain('The last block of the journal has the number 2, and 1 was signed.');
  });

  it.each([
    ['not there', () => []],
    ['another', (events: readonly EventAsRecorded[]) => events.map((event) => ({ ...event, type: 'MoneyWithdrawn' }))],
    [
      'one that nobody can seal',
      (events: readonly EventAsRecorded[]) => events.map((event) => ({ ...event, data: { amount: 0.5 } })),
    ],
  ])('stops the sealer where an event of the last block is %s: the store went back', async (_, change) => {
    const storage = await other(streamUpTo('a', 3));
    await seal(storage, 3);
    const asRecorded = storage.feed.asRecorded.bind(storage.feed);
    vi.spyOn(storage.feed, 'asRecorded').mockImplementation(async (ids) => change(await asRecorded(ids)));
    expect(await refused(storage)).toMatch(/The event \S+ was signed in block 1, and is not there as it was\./);
  });

  it('stops the sealer where a block that is due finds one of its events sealed by nobody here', async () => {
    const storage = await other(streamUpTo('a', 3));
    await seal(storage, 3);
    await append(storage, streamUpTo('b', 1));
    vi.spyOn(storage.journal, 'insert').mockRejectedValue(new VersionConflict('sealed'));
    expect(await refused(storage)).toContain('Block 2 was signed, and the journal does not take it');
    expect(await kept()).toBe(4);
  });

  it('must be there: whoever does not know what was signed signs nothing', async () => {
    const storage = await other(streamUpTo('a', 10));
    await rm(signed.path);
    expect(await refused(storage)).toMatch(/^There is no .*key\.pem\.checkpoint.*npm run verify -- --save/);
    await expect(signed.check()).rejects.toThrow(SignedCheckpointUnusable);
    expect(await signed.lastIfAny()).toBeUndefined();
  });

  it('gives the last block back to a journal from which it was removed', async () => {
    const events = streamUpTo('a', 5);
    const storage = await other(events);
    await seal(storage, 5);
    const emptied = await other(events);
    await seal(emptied, 5);
    expect((await emptied.journal.head())?.checkpoint).toBe((await storage.journal.head())?.checkpoint);
    expect(errors).toEqual([]);
  });

  it('holds under another key too', async () => {
    await seal(await other(streamUpTo('a', 1_300)), 1_300);
    const storage = await other(streamUpTo('b', 10));
    start(storage, newSigner());
    await vi.waitUntil(() => errors.length > 0, { timeout: 20_000 });
    expect(await sizeOf(storage)).toBe(0);
  });

  it('stops the sealer where the journal was removed: a changed history is not signed as if for the first time', async () => {
    await seal(await other(streamUpTo('a', 1_300)), 1_300);
    const message = await refused(await other(streamUpTo('a', 1_300)));
    expect(message).toContain('The journal has 0 events, and 1300 were signed.');
    expect(message).toContain('npm run verify');
    expect(message).toContain('DAYBOOK_SIGNED_CHECKPOINT_FILE');
  });

  it('stops the sealer where the journal is as long, or longer, and of other events', async () => {
    await seal(await other(streamUpTo('a', 300)), 300);
    const text = await readFile(signed.path, 'utf8');
    for (const count of [300, 301, 900]) {
      const storage = await other(streamUpTo('b', count));
      await rm(signed.path);
      signed = await beginSigned(signed.path);
      await seal(storage, count);
      await writeFile(signed.path, text);
      expect(await refused(storage)).toContain('The first 300 events of the journal are not those that were signed.');
      errors = [];
    }
  });

  it.each([
    ['a tree of another size', (head: BlockHead): Partial<BlockHead> => ({ treeSize: head.treeSize + 1 })],
    [
      'another tree',
      (head: BlockHead): Partial<BlockHead> => ({ range: head.range.map((byte, at) => (at > 8 ? byte ^ 1 : byte)) }),
    ],
    ['another root', (): Partial<BlockHead> => ({ rootHash: new Uint8Array(32) })],
    ['no tree', (): Partial<BlockHead> => ({ range: new Uint8Array(3) })],
  ])('stops the sealer where the last block has %s', async (_, forge) => {
    const storage = await other(streamUpTo('a', 300));
    await seal(storage, 300);
    const head = (await storage.journal.head()) as BlockHead;
    vi.spyOn(storage.journal, 'head').mockResolvedValue({ ...head, ...forge(head) });
    start(storage);
    await vi.waitUntil(() => errors.length > 0, { timeout: 20_000 });
    expect(errors[0]).toContain('contradicts itself');
    expect(await kept()).toBe(300);
  });

  it('that cannot be read or written says which file and what to do', async () => {
    await writeFile(signed.path, 'nonsense\n');
    await expect(signed.check()).rejects.toThrow(/key\.pem\.checkpoint is no checkpoint: .*npm run verify -- --save/);
    const note = signCheckpoint(NOTHING_SEALED, signer);
    await writeFile(signed.path, `${note}{"number":1}\n`);
    await expect(signed.check()).rejects.toThrow(/key\.pem\.checkpoint is no checkpoint: the block behind it is none/);
    const nowhere = new SignedCheckpoint(join(directory, 'nowhere', 'file'));
    await expect(nowhere.begin(note)).rejects.toThrow(/cannot be kept in .*nowhere.*DAYBOOK_SIGNED_CHECKPOINT_FILE/);
    await expect(new SignedCheckpoint(directory).check()).rejects.toThrow('DAYBOOK_SIGNED_CHECKPOINT_FILE');
  });
});
