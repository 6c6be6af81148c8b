import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Binary } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/compose.ts';
import type { Finding } from '../../src/application/ports/finding.ts';
import { signCheckpoint } from '../../src/journal/checkpoint.ts';
import { EMPTY_ROOT } from '../../src/journal/merkle/hash.ts';
import { verifierKeyOf } from '../../src/journal/signed-note.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { fillBooks, fillMore, forget } from '../support/books-to-verify.ts';
import { stranger } from '../support/note-keys.ts';
import { runScript, type ScriptResult } from '../support/run-script.ts';
import { sealing } from '../support/sealers.ts';
import { type Tampering, Tamperer } from '../support/tampering.ts';

type Told = {
  readonly well: boolean;
  readonly findings: readonly (Finding & { readonly sentence: string })[];
  readonly counts: Readonly<Record<string, number>>;
};

describe('npm run verify, of a whole ledger', { timeout: 600_000 }, () => {
  let database: TestDatabase;
  let tamperer: Tamperer;
  let directory: string;
  let kept: string;
  let key: string;
  let undo: readonly (() => Promise<void>)[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daybook-verify-'));
    kept = join(directory, 'kept');
    database = await openTestDatabase();
    tamperer = new Tamperer(database);
    await sealing(database.storage, () => fillBooks(database.storage));
    key = (await database.storage.journal.head())?.verifierKey ?? '';
  });

  const mendAll = async (): Promise<void> => {
    for (const mend of undo) await mend();
    undo = [];
  };

  afterEach(mendAll);

  afterAll(async () => {
    await database.drop();
    await rm(directory, { recursive: true });
  });

  const verify = (...args: readonly string[]): Promise<ScriptResult> =>
    runScript('verify', ['--key', key, ...args], { MONGODB_URI: database.uri });

  const told = async (...args: readonly string[]): Promise<Told> => {
    const { code, stdout, stderr } = await verify('--json', ...args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.not.stringContaining('Error') as string });
    return JSON.parse(stdout) as Told;
  };

  /** What is said of the first bad place, once this was done. */
  const firstAfter = async (...done: readonly Promise<Tampering>[]): Promise<string> => {
    undo = [...(await Promise.all(done)).map((tampering) => tampering.undo)];
    const { findings } = await told();
    return findings[0]?.sentence ?? '';
  };

  it('finds nothing wrong with a sound one, and keeps its checkpoint', async () => {
    const { code, stdout } = await verify('--save', kept);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^All is well: (\d+) events in \d+ blocks, \1 in \d+ streams, \d+ rows; 0 events wait to be sealed\.\n$/,
      ) as string,
    });
    expect(await readFile(kept, 'utf8')).toBe((await database.storage.journal.head())?.checkpoint);
    expect((await verify('--since', kept)).code).toBe(0);
  });

  it('names an event that was changed, by position, stream and version', async () => {
    const event = await tamperer.find('events', { streamId: 'account-a', version: 7 });
    const data = { ...(event.data as object), amount: 99_999n };
    expect(await firstAfter(tamperer.change('events', event, { data }))).toMatch(
      /^events, position \d+, stream account-a, version 7, event [\w-]+: the event is not the one that was sealed \(expected: leaf \w{64}; there is: leaf \w{64}\)\.$/,
    );
  });

  it('names an event that was deleted', async () => {
    const event = await tamperer.find('events', { streamId: 'account-a', version: 7 });
    undo = [(await tamperer.remove('events', event)).undo];
    const sentences = (await told()).findings.map(({ sentence }) => sentence);
    expect(sentences[0]).toMatch(
      new RegExp(`^events, position \\d+, event ${String(event._id)}: the event that was sealed is not there\\.$`),
    );
    expect(sentences[1]).toBe(
      'events, stream account-a, version 7: the event is missing (expected: version 7; there is: version 8).',
    );
  });

  it('names an event that was put in without the journal', async () => {
    const event = await tamperer.find('events', { streamId: 'account-a', version: 1 });
    const recordedAt = new Date(Date.now() - 3_600_000);
    const forged = { ...event, _id: 'forged', streamId: 'account-forged', recordedAt };
    expect(await firstAfter(tamperer.insert('events', forged))).toContain(
      'events, stream account-forged, version 1, event forged: is not in the journal',
    );
  });

  it('names an event that no reader comes by, for its version is none', async () => {
    const event = await tamperer.find('events', { streamId: 'account-a', version: 1 });
    const forged = { ...event, _id: 'hidden', version: 'none' };
    expect(await firstAfter(tamperer.insert('events', forged))).toBe(
      'events, row hidden: is not of the shape that its collection takes.',
    );
  });

  it('counts what the sealer may not have come to, and finds nothing wrong with it', async () => {
    const late = await openTestDatabase();
    await fillBooks(late.storage, { clock: systemClock });
    const { code, stdout } = await runScript('verify', ['--key', key], { MONGODB_URI: late.uri });
    await late.drop();
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/0 events in 0 blocks, (\d+) in 5 streams, .* \1 events wait/) as string,
    });
  });

  it('says of what was recorded long ago that it is not in the journal, as where that was cut off', async () => {
    const unsealed = await openTestDatabase();
    await fillBooks(unsealed.storage);
    const { code, stdout } = await runScript('verify', ['--key', key], { MONGODB_URI: unsealed.uri });
    await unsealed.drop();
    expect(stdout).toMatch(/^NOT well: events, stream account-\w+, version 1, .*: is not in the journal/);
    expect(code).toBe(1);
  });

  it('names two events whose data were swapped', async () => {
    const [left, right] = await Promise.all([
      tamperer.find('events', { streamId: 'account-a', version: 7 }),
      tamperer.find('events', { streamId: 'account-b', version: 9 }),
    ]);
    undo = [
      (await tamperer.change('events', left, { data: right.data })).undo,
      (await tamperer.change('events', right, { data: left.data })).undo,
    ];
    const { findings, counts } = await told();
    expect(counts['events: the event is not the one that was sealed']).toBe(2);
    const places = findings.slice(0, 2).map(({ at: { streamId, version } }) => `${streamId ?? ''} ${version ?? 0}`);
    expect(places.sort()).toEqual(['account-a 7', 'account-b 9']);
  });

  const block = (number: number) => tamperer.find('journal', { _id: BigInt(number) });
  const bytesIn = (value: unknown): Buffer => Buffer.from((value as Binary).value());
  const flipped = (value: unknown, at = 0): Binary => {
    const bytes = bytesIn(value);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return new Binary(bytes);
  };

  it.each([
    ['leaf', 'leafHashes', 'the root is not what its leaf hashes give'],
    ['root', 'rootHash', 'the checkpoint is not signed by the key for this size and root'],
    ['tree', 'range', 'the tree is not what its leaf hashes give'],
  ])('names the block whose %s was changed', async (_, member, problem) => {
    const found = await block(2);
    expect(await firstAfter(tamperer.change('journal', found, { [member]: flipped(found[member], 20) }))).toContain(
      `journal, block 2, position ${String(found.firstPosition)}: ${problem}`,
    );
  });

  it('names the block with the checkpoint of another one, or that was sealed before the one before', async () => {
    const [second, third] = [await block(2), await block(3)];
    expect(await firstAfter(tamperer.change('journal', third, { checkpoint: second.checkpoint }))).toContain(
      'journal, block 3, position ',
    );
    await mendAll();
    expect(await firstAfter(tamperer.change('journal', third, { sealedAt: new Date(0) }))).toMatch(
      /^journal, block 3, position \d+: was sealed before the block before it \(expected: .*; there is: 1970-01-01T00:00:00.000Z\)\.$/,
    );
  });

  it('names the block that was removed, and judges those behind it for themselves', async () => {
    undo = [(await tamperer.remove('journal', await block(2))).undo];
    const { findings, counts } = await told();
    expect(findings[0]?.sentence).toContain('the block before it is missing (expected: 2; there is: 3)');
    expect(counts['journal: does not begin behind the block before']).toBe(1);
    expect(Object.keys(counts)).not.toContain('journal: the root is not what its leaf hashes give');
  });

  it('names a tile with another hash or another root, and the tile that is missing', async () => {
    const tile = await tamperer.find('journal_tiles');
    for (const member of ['hashes', 'root']) {
      expect(await firstAfter(tamperer.change('journal_tiles', tile, { [member]: flipped(tile[member]) }))).toContain(
        'journal_tiles, level 0, tile 0: its hashes or its root are not what the leaves give',
      );
      await mendAll();
    }
    expect(await firstAfter(tamperer.remove('journal_tiles', tile))).toBe(
      'journal_tiles, level 0, tile 0: is missing, and tiles behind it are there.',
    );
    await mendAll();
    const higher = { ...tile, _id: { level: 3, index: 0n } };
    expect(await firstAfter(tamperer.insert('journal_tiles', higher))).toMatch(
      /^journal_tiles, level 3, tile 0: is of events behind the last one of the journal/,
    );
  });

  it('names a journal without its end by the tiles of what is gone, or by a checkpoint that was kept', async () => {
    const last = await tamperer.find('journal', {}, { _id: -1 });
    undo = [(await tamperer.remove('journal', last)).undo];
    const event = String((last.eventIds as readonly string[])[0]);
    const { findings: unsealed } = await told();
    expect(unsealed.map(({ sentence }) => sentence).join()).toContain(`event ${event}: is not in the journal`);
    const { findings } = await told('--since', kept);
    expect(findings[0]?.sentence).toMatch(
      /^journal, position \d+: ends before the checkpoint that was kept: what had been sealed was cut off \(expected: \d+ events; there is: \d+ events\)\.$/,
    );
    await mendAll();
    const behind = await tamperer
      .collection('journal')
      .find({ treeSize: { $gt: 200n } })
      .toArray();
    undo = await Promise.all(behind.map(async (one) => (await tamperer.remove('journal', one as never)).undo));
    expect((await told()).findings[0]?.sentence).toContain('journal_tiles, level 0, tile 0: is of events behind');
  });

  it('names a snapshot with another state, another hash, or of a version that never was', async () => {
    const snapshot = await tamperer.find('snapshots', { streamId: 'account-a' });
    const version = String(snapshot.version);
    const state = String(snapshot.state).replace('"active"', '"frozen"');
    expect(await firstAfter(tamperer.change('snapshots', snapshot, { state }))).toContain(
      `snapshots, stream account-a, version ${version}: its state is not what the events give (expected: {"accountId":"a"`,
    );
    await mendAll();
    expect(await firstAfter(tamperer.change('snapshots', snapshot, { stateHash: 'none' }))).toContain(
      `snapshots, stream account-a, version ${version}: its hash or its time is not that of its state`,
    );
    await mendAll();
    expect(await firstAfter(tamperer.change('snapshots', snapshot, { version: 70_000 }))).toContain(
      'snapshots, stream account-a, version 70000: its stream has not reached this version',
    );
    await mendAll();
    const ofNobody = { ...snapshot, _id: `account-nobody/${version}`, streamId: 'account-nobody' };
    expect(await firstAfter(tamperer.insert('snapshots', ofNobody))).toBe(
      `snapshots, stream account-nobody, version ${version}: no event gives this row.`,
    );
  });

  it.each([
    ['accounts', { _id: 'a' }, { ledgerBalance: 5n }, ['accounts, account a, row a', 'ledgerBalance 5']],
    [
      'statement_entries',
      { accountId: 'b', version: 4 },
      { amount: 5n },
      ['statement_entries, account b, row ', 'amount 5'],
    ],
    [
      'transfers',
      { _id: 'transfer-5' },
      { status: 'reversed' },
      ['transfers, account b, row transfer-5', '"reversed"'],
    ],
  ])('names a row of %s that was changed, removed, or put in', async (name, filter, members, [place, found]) => {
    const row = await tamperer.find(name, filter);
    const changed = await firstAfter(tamperer.change(name, row, members));
    expect(changed).toContain(place);
    expect(changed).toMatch(/: the row is not what the events give \(expected: \w+ .*; there is: \w+ .*\)\.$/);
    expect(changed.split('there is: ')[1]).toContain(found);
    await mendAll();
    const missing = await firstAfter(tamperer.remove(name, row));
    expect(missing).toContain(place);
    expect(missing).toContain(': the row is missing.');
    await mendAll();
    const stranger = { ...row, _id: 'stranger', ...(name === 'statement_entries' && { version: 99_999 }) };
    expect(await firstAfter(tamperer.insert(name, stranger))).toMatch(
      new RegExp(`^${name}, account \\w+, row stranger(, version 99999)?: no event gives this row\\.$`),
    );
  });

  it('names an event with a time that is none, and goes on', async () => {
    const placed = await tamperer.find('events', { type: 'HoldPlaced' });
    const data = { ...(placed.data as object), expiresAt: '2026-13-45T00:00:00.000Z' };
    undo = [(await tamperer.change('events', placed, { data })).undo];
    const { findings } = await told();
    expect(findings[0]?.sentence).toContain(`event ${String(placed._id)}: the event is not the one that was sealed`);
    expect(
      findings
        .slice(1)
        .map(({ sentence }) => sentence)
        .join(),
    ).toContain('expiresAt no time');
  });

  it('names a block that cannot be read, and says nothing of what would follow from it', async () => {
    const block = await tamperer.find('journal');
    expect(await firstAfter(tamperer.change('journal', block, { sealedAt: 'yesterday' }))).toBe(
      'journal, row "1": is not of the shape that its collection takes.',
    );
  });

  it('names a transaction id that was removed, put in, or given to another event', async () => {
    const row = await tamperer.find('transaction_ids');
    expect(await firstAfter(tamperer.remove('transaction_ids', row))).toMatch(
      /^transaction_ids, account \w+, row of-transfer-\d+, version \d+: the row is missing\.$/,
    );
    await mendAll();
    const unexpected = /^transaction_ids, row [\w-]+: no event gives this row\.$/;
    expect(await firstAfter(tamperer.insert('transaction_ids', { ...row, _id: 'never-used' }))).toMatch(unexpected);
    await mendAll();
    const event = await tamperer.find('events', { streamId: 'account-lonely' });
    expect(await firstAfter(tamperer.change('transaction_ids', row, { eventId: event._id }))).toMatch(unexpected);
  });

  it('believes no other key, and cannot tell without one that it can use', async () => {
    const { code, stdout } = await runScript('verify', ['--key', verifierKeyOf(stranger)], {
      MONGODB_URI: database.uri,
    });
    expect(code).toBe(1);
    expect(stdout).toContain('NOT well: journal, block 1, position 1: the checkpoint is not signed by the key');
    const none = await runScript('verify', [], { MONGODB_URI: database.uri, DAYBOOK_SIGNING_KEY_FILE: 'nowhere.pem' });
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toContain('There is no signing key at nowhere.pem');
  });

  it.each([
    ['there is no such file', undefined, 'The checkpoint cannot be read:'],
    [
      'the checkpoint is signed by another',
      signCheckpoint({ size: 0, root: EMPTY_ROOT }, stranger),
      'is no checkpoint',
    ],
  ])('cannot tell where %s', async (_, note, words) => {
    const file = join(directory, 'other');
    if (note !== undefined) await writeFile(file, note);
    const { code, stdout, stderr } = await verify('--since', file);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    await rm(file, { force: true });
  });

  it('sees a history that was rewritten and sealed anew by the checkpoint from before, and only by that', async () => {
    const rewritten = await openTestDatabase();
    try {
      await sealing(rewritten.storage, () => fillBooks(rewritten.storage));
      const before = (await rewritten.storage.journal.head())?.checkpoint ?? '';
      await forget(rewritten);
      await sealing(rewritten.storage, () => fillMore(rewritten.storage));
      const file = join(directory, 'before');
      const run = (...args: readonly string[]) =>
        runScript('verify', ['--key', key, ...args], { MONGODB_URI: rewritten.uri });
      expect(await run()).toMatchObject({ code: 0 });
      await writeFile(file, before);
      const { code, stdout } = await run('--since', file);
      expect(code).toBe(1);
      expect(stdout).toMatch(/^NOT well: journal, .*(was rewritten|was cut off) /);
    } finally {
      await rewritten.drop();
    }
  });
});
