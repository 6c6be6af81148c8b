import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

export type ProjectFile = { readonly path: string; readonly text: string };

const notOurs = new Set(['node_modules', 'dist', 'coverage', '.daybook', '.git', '.env', 'package-lock.json']);

const filesBelow = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { withFileTypes: true });
  const found = entries
    .filter(({ name }) => !notOurs.has(name))
    .map(async (entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    });
  return (await Promise.all(found)).flat();
};

const isText = (path: string): boolean =>
  /\.(?:ts|js|cjs|json|md|yml|yaml|sh|csv|html|css|example)$/.test(path) || !basename(path).includes('.', 1);

/** Every text file of the project below these directories, with its content. */
export const projectFiles = async (...directories: readonly string[]): Promise<readonly ProjectFile[]> => {
  const paths = (await Promise.all(directories.map(filesBelow))).flat().filter(isText);
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })));
};
