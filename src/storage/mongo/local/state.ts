import { z } from 'zod';
import type { DataDirectory } from './data-directory.ts';
import { readJson, writeJson } from './json-file.ts';
import { processIdentity } from './process-identity.ts';

/** What the owner of a data directory tells everybody else. Only the owner writes it; the port outlives the owner. */
const state = z.object({
  pid: z.int().positive(),
  startTime: z.string(),
  purpose: z.string(),
  phase: z.enum(['starting', 'ready', 'stopping', 'stopped']),
  port: z.int().min(1).max(65_535),
  mongod: processIdentity.optional(),
});
export type State = z.infer<typeof state>;

export const readState = (directory: DataDirectory): Promise<State | undefined> => readJson(directory.state, state);
export const writeState = (directory: DataDirectory, content: State): Promise<void> =>
  writeJson(directory.state, content);
