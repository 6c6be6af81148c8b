import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { z } from 'zod';

/** The content of a JSON file, or undefined when there is none or it is not what it should be. */
export const readJson = async <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> => {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
};

let written = 0;

/** Replaces a JSON file at once: a reader sees the old content or the new, never half of it. */
export const writeJson = async (path: string, content: unknown): Promise<void> => {
  written += 1;
  const draft = `${path}.${process.pid}-${written}.draft`;
  try {
    await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
};
