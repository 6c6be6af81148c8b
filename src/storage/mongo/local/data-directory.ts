import { join } from 'node:path';

/** Where things are within the data directory. */
export type DataDirectory = {
  readonly path: string;
  readonly mongod: string;
  readonly log: string;
  readonly state: string;
  readonly owners: string;
  readonly attached: string;
};

export const dataDirectoryAt = (path: string): DataDirectory => ({
  path,
  mongod: join(path, 'mongod'),
  log: join(path, 'mongod.log'),
  state: join(path, 'daybook.json'),
  owners: join(path, 'owners'),
  attached: join(path, 'attached'),
});
