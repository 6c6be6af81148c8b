import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { findMongod } from '../../src/storage/mongo/local/find-mongod.ts';
import { openLocalReplicaSet } from '../../src/storage/mongo/local/local-replica-set.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    mongoUri: string;
    mongodPath: string;
  }
}

const report = (line: string): void => void process.stderr.write(`${line}\n`);

/** The replica set that MONGODB_URI names, or one of this run's own. Some tests start a mongod of theirs in either case. */
const openReplicaSet = async (mongodPath: string): Promise<{ uri: string; close: () => Promise<void> }> => {
  const given = process.env.MONGODB_URI;
  if (given !== undefined && given !== '') {
    report(`Using the MongoDB that MONGODB_URI names.`);
    // Tests say themselves what the processes that they start shall work on.
    delete process.env.MONGODB_URI;
    return { uri: given, close: () => Promise.resolve() };
  }
  const dataDirectory = await mkdtemp(join(tmpdir(), 'daybook-tests-'));
  const replicaSet = await openLocalReplicaSet({
    dataDirectory,
    findMongod: () => Promise.resolve(mongodPath),
    report: () => undefined,
    attach: false,
    purpose: 'npm test',
  });
  const close = async (): Promise<void> => {
    await replicaSet.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  };
  return { uri: replicaSet.uri, close };
};

/** A real replica set for the whole run, and a fresh build for the tests that start real processes. Without a mongod it fails. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  await promisify(execFile)('npx', ['tsc', '-p', 'tsconfig.build.json']);
  const mongodPath = await findMongod({ environment: process.env, mongodPath: process.env.MONGOD_PATH }, report);
  const { uri, close } = await openReplicaSet(mongodPath);
  project.provide('mongoUri', uri);
  project.provide('mongodPath', mongodPath);
  const keys = await mkdtemp(join(tmpdir(), 'daybook-keys-'));
  // Inherited by all processes that tests start: none of them makes a key among the files of the project.
  process.env.DAYBOOK_SIGNING_KEY_FILE = join(keys, 'signing-key.pem');
  return async () => {
    await close();
    await rm(keys, { recursive: true, force: true });
  };
};
