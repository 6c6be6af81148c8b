import { existsSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import type { Storage } from '../application/ports/storage.ts';
import { openStorage } from '../compose.ts';
import { type Environment, readEnvironment } from '../config/environment.ts';
import { fail, report, UserError } from '../terminal.ts';

type Script = (storage: Storage, environment: Environment) => Promise<number>;

const run = async (purpose: string, script: Script): Promise<number> => {
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
    report,
  });
  try {
    return await script(opened.storage, environment);
  } finally {
    await opened.close();
  }
};

/** Runs a script on the ledger that the settings name: MONGODB_URI, else the data directory, whoever runs its mongod. */
export const runScript = (purpose: string, script: Script): void => {
  run(purpose, script).then((code) => process.exit(code), fail);
};

export type Progress = { readonly advance: (by: number) => void; readonly stop: () => void };

/** A bar on a terminal; where standard error is a file, one line at the end. */
export const progressBar = (what: string, total: number): Progress => {
  let done = 0;
  if (!process.stderr.isTTY) {
    return { advance: (by) => (done += by), stop: () => report(`${what}: ${done} of ${Math.max(total, done)}`) };
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

/** Lines up columns; the first row is the head. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** JSON for machines: amounts as integers, times in RFC 3339. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_name, member: unknown) => (typeof member === 'bigint' ? Number(member) : member), 2);
