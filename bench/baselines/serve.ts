import type { Logger } from 'pino';
import { createApp } from '../../src/app.ts';
import { composeDaybook, type Daybook } from '../../src/compose.ts';
import type { Environment } from '../../src/config/environment.ts';
import { readEnvironment } from '../../src/config/read-environment.ts';
import type { Services } from '../../src/http/services.ts';
import { openLog } from '../../src/log.ts';
import { listen } from '../../src/server.ts';
import { report } from '../../src/terminal.ts';
import type { Storage } from '../../src/application/ports/storage.ts';

export type Parts = {
  readonly daybook: Daybook;
  readonly storage: Storage;
  readonly environment: Environment;
  readonly log: Logger;
};

/** What a baseline puts in place of the ledger's own services; everything else is as in `src/main.ts`. */
export type Replace = (parts: Parts) => Services;

const endOfParent = (): Promise<string> =>
  new Promise((resolve) => {
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && resolve('the end of its parent process'), 500).unref();
  });

const signalled = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });

/** Serves the same app as the ledger, with the same settings, log and limits, until it is told to stop. */
export const serve = async (
  openStorage: (environment: Environment) => Promise<Storage>,
  replace: Replace,
): Promise<void> => {
  const stop = Promise.race([signalled(), endOfParent()]);
  const environment = readEnvironment(process.env);
  const storage = await openStorage(environment);
  const log = openLog(environment.LOG_LEVEL);
  const daybook = composeDaybook(storage, environment, log);
  const app = createApp(replace({ daybook, storage, environment, log }), log);
  const server = await listen(app, environment.HOST, environment.PORT);
  report(`API   ${server.url}`);
  await stop;
  await server.close(environment.DAYBOOK_SHUTDOWN_TIMEOUT_MS);
  await daybook.drain();
  log.flush();
  await storage.close();
  process.exit();
};
