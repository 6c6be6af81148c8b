import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSigningKey } from '../../../src/journal/signing-key.ts';

describe('the signing key', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daybook-key-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const pemOf = async (path: string): Promise<unknown> =>
    (await openSigningKey(path)).export({ type: 'pkcs8', format: 'pem' });

  it('is made where there is none, for its owner alone, and is the same ever after', async () => {
    const path = join(directory, 'not', 'there', 'signing-key.pem');
    const made = await pemOf(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toBe(made);
    expect(await pemOf(path)).toBe(made);
  });

  it('is one for all that begin at once, and leaves no drafts behind', async () => {
    for (let round = 0; round < 20; round += 1) {
      const path = join(directory, `${round}.pem`);
      const keys = await Promise.all(Array.from({ length: 8 }, () => pemOf(path)));
      expect(new Set(keys)).toEqual(new Set([await readFile(path, 'utf8')]));
    }
    expect(await readdir(directory)).toHaveLength(20);
  });

  it('is left alone where it is none that can sign, and the message says which file that is', async () => {
    const path = join(directory, 'key.pem');
    const x25519 = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    for (const content of ['', 'no key', x25519]) {
      await writeFile(path, content);
      const refusal = { name: 'SigningKeyUnusable', message: expect.stringContaining(path) as string };
      await expect(openSigningKey(path)).rejects.toMatchObject(refusal);
      expect(await readFile(path, 'utf8')).toBe(content);
    }
  });

  it('cannot be made below a file, and the message says which setting to change', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(openSigningKey(join(directory, 'file', 'key.pem'))).rejects.toMatchObject({
      name: 'SigningKeyUnusable',
      message: expect.stringContaining('DAYBOOK_SIGNING_KEY_FILE') as string,
    });
  });
});
