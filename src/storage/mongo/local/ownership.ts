import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readJson, writeJson } from './json-file.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

const claim = z.object({ pid: z.int().positive(), startTime: z.string(), purpose: z.string(), released: z.boolean() });
type Claim = z.infer<typeof claim>;

export type Owner = ProcessIdentity & { readonly purpose: string };
export type Claimed =
  { readonly won: true; readonly release: () => Promise<void> } | { readonly won: false; readonly owner: Owner };

// A claim is created empty and written at once; one that stays unreadable this long was left by a crash in between.
const unreadableLimitMs = 2_000;

const newestNumber = async (owners: string): Promise<number> =>
  Math.max(0, ...(await readdir(owners)).filter((name) => /^\d+$/.test(name)).map(Number));

const readClaim = async (path: string): Promise<Claim | undefined> => {
  const startedAt = performance.now();
  while (performance.now() - startedAt < unreadableLimitMs) {
    const content = await readJson(path, claim);
    if (content) return content;
    await sleep(20);
  }
  return undefined;
};

const createdFirst = async (path: string, content: Claim): Promise<boolean> => {
  try {
    await writeFile(path, JSON.stringify(content), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
};

const removeOlder = async (owners: string, number: number): Promise<void> => {
  const older = (await readdir(owners)).filter((name) => Number.parseInt(name, 10) < number);
  await Promise.all(older.map((name) => rm(join(owners, name), { force: true })));
};

/**
 * Makes this process the only owner of the directory, or says who is.
 *
 * Claims are numbered files, and the highest number counts. A lock file that is deleted when stale can be deleted by
 * two processes, the second deleting the first one's new lock. Here the successor of a dead or released claim is the
 * next number, which only one process can create; and the highest file is never deleted, so numbers never repeat.
 */
export const claimOwnership = async (owners: string, owner: Owner): Promise<Claimed> => {
  await mkdir(owners, { recursive: true });
  const content: Claim = { pid: owner.pid, startTime: owner.startTime, purpose: owner.purpose, released: false };
  for (;;) {
    const newest = await newestNumber(owners);
    const current = newest === 0 ? undefined : await readClaim(join(owners, String(newest)));
    if (current && !current.released && (await isAlive(current))) return { won: false, owner: current };
    const path = join(owners, String(newest + 1));
    if (!(await createdFirst(path, content))) continue;
    if ((await newestNumber(owners)) !== newest + 1) {
      // The directory was read while another process renewed it: what is below its claim does not count.
      await rm(path, { force: true });
      continue;
    }
    await removeOlder(owners, newest + 1);
    return { won: true, release: () => writeJson(path, { ...content, released: true }) };
  }
};
