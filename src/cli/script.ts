import { existsSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import type { Storage } from '../application/ports/storage.ts';
import { type OpenedStorage, openStorage } from '../open-storage.ts';
import type { Environment } from '../config/environment.ts';
import { readEnvironment } from '../config/read-environment.ts';
import { fail, report, UserError } from '../terminal.ts';

type CleanUp = () => Promise<void>;

/** Takes what must be done however the script ends: finished, failed, or stopped by a signal. */
export type AtEnd = (cleanUp: CleanUp) => void;

type Script = (
  storage: Storage,
  environment: Environment,
  atEnd: AtEnd,
  restoration: OpenedStorage['restoration'],
) => Promise<number>;

const stopped = (): Promise<number> =>
  new Promise((resolve) => {
    const onSignal = (signal: string, code: number): void => {
      report(`Stopped by ${signal}.`);
      resolve(code);
    };
    process.once('SIGINT', () => onSignal('Ctrl-C', 130));
    process.once('SIGTERM', () => onSignal('SIGTERM', 143));
  });

const run = async (purpose: string, script: Script, restores: boolean): Promise<number> => {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const environment = readEnvironment(process.env);
  if (environment.DAYBOOK_STORAGE === 'memory') {
    throw new UserError('DAYBOOK_STORAGE=memory keeps the ledger inside the API process, where no script can see it.');
  }
  const opened = await openStorage({
    environment,
    processEnvironment: process.env,
    purpose,
    attach: true,
    mayFallBackToMemory: false,
    restores,
    report,
  });
  const cleanUps: CleanUp[] = [() => opened.close()];
  try {
    return await Promise.race([
      script(opened.storage, environment, (cleanUp) => void cleanUps.unshift(cleanUp), opened.restoration),
      stopped(),
    ]);
  } finally {
    for (const cleanUp of cleanUps) await cleanUp();
  }
};

/**
 * Runs a script on the ledger that the settings name: MONGODB_URI, else the data directory, whoever runs its mongod. Where it cannot
 * be run to its end, the process ends with `codeOfFailure`. Where it `restores` a ledger, it may find half of one.
 */
export const runScript = (purpose: string, script: Script, codeOfFailure = 1, restores = false): void => {
  run(purpose, script, restores).then(
    (code) => process.exit(code),
    (error: unknown) => fail(error, codeOfFailure),
  );
};

export type Progress = { readonly advance: (by: number) => void; readonly stop: () => void };

/** A bar on a terminal; where standard error is a file, one line at the end. */
export const progressBar = (what: string, total: number): Progress => {
  let done = 0;
  if (!process.stderr.isTTY) {
    let isOver = false;
    const stop = (): void => {
      if (!isOver) report(`${what}: ${done} of ${Math.max(total, done)}`);
      isOver = true;
    };
    return { advance: (by) => (done += by), stop };
  }
  const format = `${what} {bar} {percentage} % | {value} of {total} | {duration_formatted}`;
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true, etaBuffer: 1_000 });
  bar.start(total, 0);
  return {
    advance: (by) => {
      done += by;
      if (done > bar.getTotal()) bar.setTotal(done);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
};

/** JSON for machines: amounts as integers, times in RFC 3339. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_name, member: unknown) => (typeof member === 'bigint' ? Number(member) : member), 2);
