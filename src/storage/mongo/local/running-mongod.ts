import { setTimeout as sleep } from 'node:timers/promises';
import type { DataDirectory } from './data-directory.ts';
import { freePort, isFree } from './free-port.ts';
import { startKept, type KeptMongod } from './keeper.ts';
import { LocalReplicaSetError } from './local-replica-set-error.ts';
import type { LocalReplicaSetOptions } from './replica-set-contract.ts';
import { explainEnd, markLog } from './mongod-log.ts';
import type { Owner } from './ownership.ts';
import { becomePrimary, replicaSetName } from './primary.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import type { Report } from './report.ts';
import { writeState, type State } from './state.ts';

export type RunningMongod = {
  readonly kept: KeptMongod;
  readonly state: State;
  readonly explainEnd: () => Promise<LocalReplicaSetError>;
};

// Recovery after a kill -9 reads the journal since the last checkpoint, at most a minute of writes.
const readinessLimitMs = 150_000;
const stillWaitingMs = 10_000;
const orphanGraceMs = 15_000;
const portAttempts = 3;

const endedWithin = async (mongod: ProcessIdentity, limitMs: number): Promise<boolean> => {
  const startedAt = performance.now();
  while (performance.now() - startedAt < limitMs) {
    if (!(await isAlive(mongod))) return true;
    await sleep(50);
  }
  return false;
};

/** Ends the mongod of an owner that was killed together with its keeper, or that its keeper is ending just now. */
export const endOrphan = async (mongod: ProcessIdentity | undefined, report: Report): Promise<void> => {
  if (!mongod || !(await isAlive(mongod))) return;
  report(`Stopping the mongod (pid ${mongod.pid}) that a killed Daybook left behind.`);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (await isAlive(mongod)) process.kill(mongod.pid, signal);
    if (await endedWithin(mongod, orphanGraceMs)) return;
  }
};

const choosePort = async (options: LocalReplicaSetOptions, recorded: number | undefined): Promise<number> => {
  const { port = recorded, report } = options;
  if (port === undefined) return freePort();
  if (await isFree(port)) return port;
  if (options.port !== undefined) {
    throw new LocalReplicaSetError(
      'PORT_TAKEN',
      `The port ${port} is taken by another program. Stop it, or choose another port.`,
    );
  }
  const other = await freePort();
  report(
    `The port ${port} of the local MongoDB is taken by another program: moving to ${other}, which can take half a minute.`,
  );
  return other;
};

// A transaction that a killed process left open bars its accounts until then; a batch takes well under a second.
const TRANSACTION_LIFETIME = 'transactionLifetimeLimitSeconds=5';

const argumentsFor = (options: LocalReplicaSetOptions, directory: DataDirectory, port: number): readonly string[] => [
  ...['--dbpath', directory.mongod, '--logpath', directory.log, '--logappend'],
  // The Unix socket would be in a directory that all users of the machine share.
  ...['--replSet', replicaSetName, '--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'],
  ...(options.mongodArguments ?? ['--setParameter', TRANSACTION_LIFETIME]),
];

const untilReady = async (running: RunningMongod, report: Report): Promise<void> => {
  const giveUp = new AbortController();
  const timeout = setTimeout(() => giveUp.abort(), readinessLimitMs);
  const reminder = setInterval(() => report('The local MongoDB is still starting.'), stillWaitingMs);
  try {
    await Promise.race([
      becomePrimary(running.state.port, giveUp.signal),
      running.kept.ended.then(async () => {
        throw await running.explainEnd();
      }),
    ]);
  } catch (error) {
    if (!giveUp.signal.aborted) throw error;
    throw new LocalReplicaSetError(
      'NOT_READY',
      `The local MongoDB did not become ready within ${readinessLimitMs / 1000} s. Try again, or look into its log.`,
    );
  } finally {
    clearTimeout(timeout);
    clearInterval(reminder);
    giveUp.abort();
  }
};

const startAt = async (
  options: LocalReplicaSetOptions,
  directory: DataDirectory,
  mongodPath: string,
  starting: State,
): Promise<RunningMongod> => {
  await writeState(directory, starting);
  const mark = await markLog(directory);
  const kept = await startKept(mongodPath, argumentsFor(options, directory, starting.port));
  const running: RunningMongod = {
    kept,
    state: { ...starting, phase: 'ready', mongod: await identify(kept.pid) },
    explainEnd: async () => explainEnd(directory, mark, await kept.ended),
  };
  try {
    await writeState(directory, { ...running.state, phase: 'starting' });
    await untilReady(running, options.report);
    await writeState(directory, running.state);
    return running;
  } catch (error) {
    await kept.stop();
    throw error;
  }
};

const isPortTaken = (error: unknown): boolean => error instanceof LocalReplicaSetError && error.code === 'PORT_TAKEN';

/** Starts mongod on the directory and waits until it is primary. Rejects with LocalReplicaSetError. */
export const startMongod = async (
  options: LocalReplicaSetOptions,
  directory: DataDirectory,
  me: Owner,
  recordedPort: number | undefined,
): Promise<RunningMongod> => {
  const mongodPath = await options.findMongod();
  let port = await choosePort(options, recordedPort);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startAt(options, directory, mongodPath, { ...me, phase: 'starting', port });
    } catch (error) {
      // Somebody took the port between our look and mongod's.
      if (!isPortTaken(error) || options.port !== undefined || attempt === portAttempts) throw error;
      port = await freePort();
    }
  }
};
