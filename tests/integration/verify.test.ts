import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProofDocument } from '../../src/journal/proof-document.ts';
import { verifierKeyOf } from '../../src/journal/signed-note.ts';
import { ledger, stranger } from '../support/note-keys.ts';
import { runScript, type ScriptResult } from '../support/run-script.ts';
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
  ])('cannot tell where %s, and ends with 2', async (_, args, reason) => {
    const { code, stdout, stderr } = await runScript('verify', args, noDatabase);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(reason);
  });
});
