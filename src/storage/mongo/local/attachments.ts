import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from './json-file.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

const attachment = z.object({ pid: z.int().positive(), startTime: z.string(), purpose: z.string() });
export type Attachment = z.infer<typeof attachment>;

let counter = 0;

/** Notes that this process uses a mongod of somebody else, until the returned function is called. */
export const attach = async (
  directory: string,
  user: ProcessIdentity & { readonly purpose: string },
): Promise<() => Promise<void>> => {
  await mkdir(directory, { recursive: true });
  counter += 1;
  const path = join(directory, `${user.pid}-${counter}.json`);
  await writeJson(path, { pid: user.pid, startTime: user.startTime, purpose: user.purpose });
  return () => rm(path, { force: true });
};

/** Who is attached now. What a dead process left behind is removed on the way. */
export const attachedNow = async (directory: string): Promise<readonly Attachment[]> => {
  const names = await readdir(directory).catch(() => []);
  const alive: Attachment[] = [];
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const path = join(directory, name);
    const content = await readJson(path, attachment);
    if (content && (await isAlive(content))) alive.push(content);
    else await rm(path, { force: true });
  }
  return alive;
};
