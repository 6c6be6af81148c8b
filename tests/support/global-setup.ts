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

/** One real replica set for the whole run, in a directory of its own, and a fresh build for the tests that start real processes. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  await promisify(execFile)('npx', ['tsc', '-p', 'tsconfig.build.json']);
  const mongodPath = await findMongod({ environment: process.env, mongodPath: process.env.MONGOD_PATH }, report);
  const dataDirectory = await mkdtemp(join(tmpdir(), 'daybook-tests-'));
  const replicaSet = await openLocalReplicaSet({
    dataDirectory,
    findMongod: () => Promise.resolve(mongodPath),
    report: () => undefined,
    attach: false,
    purpose: 'npm test',
  });
  project.provide('mongoUri', replicaSet.uri);
  project.provide('mongodPath', mongodPath);
  return async () => {
    await replicaSet.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  };
};
