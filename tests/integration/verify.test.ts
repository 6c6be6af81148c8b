import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProofDocument } from '../../src/journal/proof-document.ts';
import { verifierKeyOf } from '../../src/journal/signed-note.ts';
import { ledger, stranger } from '../support/note-keys.ts';
import { runScript, type ScriptResult } from '../support/run-script.ts';
import { openProvenBooks, provenAnswer, type ProvenBooks } from '../support/proven-books.ts';
import { provenDeposit } from '../support/sealed-events.ts';

// Whoever checks a proof may have no database, and none is asked: nothing answers at this address.
const noDatabase = { MONGODB_URI: 'mongodb://127.0.0.1:1/none?replicaSet=none' };

describe('npm run verify', () => {
  let directory: string;
  let proven: ProofDocument;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daybook-proofs-'));
    proven = await provenDeposit(5, 11, ledger);
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  const verify = async (text: string, ...args: readonly string[]): Promise<ScriptResult> => {
    const file = join(directory, 'proof.json');
    await writeFile(file, text);
    return runScript('verify', ['--proof', file, '--key', verifierKeyOf(ledger), ...args], noDatabase);
  };

  it('says that a proof is valid, and of what', async () => {
    const { code, stdout, stderr } = await verify(JSON.stringify(proven));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      `Valid: ledger.example.com/main has sealed this event at position 5, and signed for its first 11 events.\n${proven.event}\n` +
        'Not proved: what the account made of it: ask for a balance or a statement with proof=1.\n',
    );
  });

  it('says so in JSON', async () => {
    const { code, stdout } = await verify(JSON.stringify(proven), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      kind: 'event',
      position: 5,
      event: proven.event,
      checkpoint: { origin: 'ledger.example.com/main', size: 11, root: proven.checkpoint.split('\n')[2] },
    });
  });

  it('says what does not fit, and ends with 1', async () => {
    const changed = JSON.stringify({ ...proven, event: proven.event.replace('"amount":500', '"amount":50000') });
    const told = await verify(changed);
    expect(told).toMatchObject({ code: 1, stderr: '' });
    expect(told.stdout).toBe(
      'NOT valid: event, position and proof do not lead to the root of the checkpoint: one of them was changed.\n',
    );
    const { code, stdout } = await verify(changed, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ valid: false, reason: expect.stringContaining('the root') as unknown });
  });

  it('believes nobody who signs with another key', async () => {
    const { code, stdout } = await verify(JSON.stringify(await provenDeposit(5, 11, stranger)));
    expect(code).toBe(1);
    expect(stdout).toContain('NOT valid: the note is not signed by ledger.example.com/main+');
  });

  it.each([
    ['is no JSON', 'x', 'The file is no proof:'],
    ['is no proof', '{}', 'The file is no proof: event is not a text.'],
  ])('cannot tell where the file %s, and ends with 2', async (_, text, reason) => {
    const { code, stdout, stderr } = await verify(text);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(reason);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it.each([
    ['there is no such file', ['--proof', 'nowhere.json', '--key', verifierKeyOf(ledger)], 'The proof cannot be read:'],
    ['the key is none', ['--proof', 'nowhere.json', '--key', 'ledger+1'], 'The key cannot be used: a verifier key is'],
    ['no key is given', ['--proof', 'nowhere.json'], "required option '--key <vkey>'"],
    [
      'a checkpoint is to be saved',
      ['--proof', 'nowhere.json', '--key', verifierKeyOf(ledger), '--save', 'kept.note'],
      '--save is for the whole ledger',
    ],
  ])('cannot tell where %s, and ends with 2', async (_, args, reason) => {
    const { code, stdout, stderr } = await runScript('verify', args, noDatabase);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(reason);
  });
});

describe('npm run verify, of answers', () => {
  let directory: string;
  let books: ProvenBooks;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daybook-proofs-'));
    books = await openProvenBooks();
  });

  afterAll(async () => {
    await books.api.close();
    await rm(directory, { recursive: true, force: true });
  });

  const saved = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };

  const verify = async (text: string, ...args: readonly string[]): Promise<ScriptResult> => {
    const file = await saved('answer.json', text);
    return runScript('verify', ['--proof', file, '--key', verifierKeyOf(ledger), ...args], noDatabase);
  };

  it('says of a balance what is proved, and what is not', async () => {
    const { code, stdout, stderr } = await verify(await provenAnswer(books, 'balance?knownAt=2040-01-12T12:00:00Z'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toEqual([
      'Valid: alice, by value date 2040-03-31T00:00:00.000Z, as known at 2040-01-12T12:00:00.000Z: ledger balance 8500, held 0, available 8500 (minor units, EUR), at version 3.',
      'ledger.example.com/main has signed for its first 11 events. Among them, unaltered, are events 1 to 3 of account-alice, without a gap.',
      'Event 4 was recorded at 2040-01-20T09:00:00.000Z, and does not count.',
      'Not proved: that the journal has no second event of account-alice at one of these versions (the whole journal tells: npm run verify).',
    ]);
    const open = await verify(await provenAnswer(books, 'balance'));
    expect(open.stdout).toContain('\nNot proved: that account-alice has no event behind version 9:');
  });

  it('says so of a statement, in JSON', async () => {
    const { code, stdout } = await verify(await provenAnswer(books, 'statement?version=4&limit=2'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      kind: 'statement',
      asked: { accountId: 'alice', version: 4, order: 'asc' },
      statement: { openingBalance: 0, closingBalance: 6_000 },
      events: 4,
      known: { from: '2040-01-20T09:00:00.000Z', before: '2040-02-03T09:00:00.000Z' },
      checkpoint: { origin: 'ledger.example.com/main', size: 11 },
      proved: [
        expect.stringContaining('2 entries on this page of it') as unknown,
        expect.anything(),
        expect.anything(),
      ],
    });
  });

  it('says what does not fit, and ends with 1', async () => {
    const text = await provenAnswer(books, 'balance?version=3');
    const { code, stdout, stderr } = await verify(text.replace('"ledgerBalance":8500', '"ledgerBalance":9500'));
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toBe('NOT valid: balance/ledgerBalance is 9500, and the events give 8500.\n');
  });

  it('checks that the journal only grew since a checkpoint that was kept', async () => {
    const { body, text } = await books.api.client.get('/v1/journal/consistency?from=2');
    const kept = await saved('kept.note', String(body.earlier));
    const told = await verify(text, '--since', kept);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toBe(
      'Valid: The journal of ledger.example.com/main with 11 events begins with the very 2 events of the checkpoint that was kept: it only grew.\n',
    );
    const alone = await verify(text);
    expect(alone.code).toBe(0);
    expect(alone.stdout).toContain('Not proved: that you were shown this earlier checkpoint at the time');
    const other = await verify(text, '--since', await saved('other.note', String(body.later)));
    expect(other.code).toBe(1);
    const { earlier: _, ...without } = body;
    const unknown = await verify(JSON.stringify(without));
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('Give the one that you have kept: --since FILE.');
    const nowhere = await verify(text, '--since', join(directory, 'nowhere.note'));
    expect(nowhere).toMatchObject({ code: 2, stdout: '' });
    const balance = await verify(await provenAnswer(books, 'balance'), '--since', kept);
    expect(balance).toMatchObject({ code: 2, stdout: '' });
    expect(balance.stderr).toContain('--since is not looked at for a proof of one balance');
  });
});
