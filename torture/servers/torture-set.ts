import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Closing } from '../../bench/servers/closing.ts';
import { eventually, initiate, PRIMARY, SECONDARY, uriOf } from '../../bench/servers/three-node-set.ts';
import { findMongod } from '../../src/storage/mongo/local/find-mongod.ts';
import { Member } from './member.ts';

const MEMBERS = 3;

/** Three mongods as one replica set, each of which all others reach through a proxy only. */
export type TortureSet = {
  readonly directory: string;
  readonly members: readonly Member[];
  /** Through the proxies. */
  readonly uri: string;
  /** Undefined where none knows of itself that it is. */
  readonly primary: () => Promise<Member | undefined>;
  /** Whether there is one primary, and all others follow it. */
  readonly isWhole: () => Promise<boolean>;
};

const removeDirectory = (directory: string): Promise<void> =>
  rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });

const primaryOf = async (members: readonly Member[]): Promise<Member | undefined> => {
  const answers = await Promise.all(members.map((member) => member.isPrimary()));
  return members[answers.indexOf(true)];
};

const isWhole = async (members: readonly Member[]): Promise<boolean> => {
  const primary = await primaryOf(members);
  const status = await primary?.command({ replSetGetStatus: 1 }).catch(() => undefined);
  if (!status) return false;
  const states = (status.members as readonly { state: unknown }[]).map(({ state }) => Number(state));
  return states.every((state) => state === PRIMARY || state === SECONDARY);
};

export type SetOptions = {
  /** How long the others wait for a primary that has fallen silent. */
  readonly electionTimeout: number;
  readonly report: (line: string) => void;
};

/** Starts it, and leaves with `closing` how it is ended and removed. */
export const openTortureSet = async (options: SetOptions, closing: Closing): Promise<TortureSet> => {
  const { electionTimeout, report } = options;
  const mongod = await findMongod({ environment: process.env, mongodPath: process.env.MONGOD_PATH }, report);
  const directory = await closing.open(() => mkdtemp(join(tmpdir(), 'daybook-torture-')), removeDirectory);
  const members: Member[] = [];
  const pids = (): readonly number[] => members.map(({ pid }) => pid);
  for (let index = 0; index < MEMBERS; index += 1) {
    const open = (): Promise<Member> => Member.open({ index, mongod, directory, pids });
    members.push(await closing.open(open, (member) => member.close()));
  }
  const ports = members.map(({ proxy }) => proxy.port);
  const configured = ports.map((port, _id) => ({ _id, host: `127.0.0.1:${port}` }));
  await eventually(() => initiate(members[0]?.ownPort ?? 0, configured, { electionTimeoutMillis: electionTimeout }));
  await eventually(async () => ((await isWhole(members)) ? true : undefined));
  return {
    directory,
    members,
    uri: uriOf(ports),
    primary: () => primaryOf(members),
    isWhole: () => isWhole(members),
  };
};
