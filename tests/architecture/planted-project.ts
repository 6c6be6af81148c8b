import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A copy of parts of this project in a directory of its own, where a test may break every rule. */
export type PlantedProject = { readonly root: string; readonly remove: () => Promise<void> };

/** Copies these files and directories, makes the installed packages reachable, and adds the planted files. */
export const plantedProject = async (
  copied: readonly string[],
  planted: Readonly<Record<string, string>>,
): Promise<PlantedProject> => {
  const root = await mkdtemp(join(tmpdir(), 'daybook-planted-'));
  for (const path of copied) await cp(path, join(root, path), { recursive: true });
  await symlink(resolve('node_modules'), join(root, 'node_modules'));
  for (const [path, text] of Object.entries(planted)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
};
