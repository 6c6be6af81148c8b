import { existsSync } from 'node:fs';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { composeDaybook, openStorage, type OpenedStorage } from './compose.ts';
import { type Environment, readEnvironment } from './config/environment.ts';
import { createLog } from './log.ts';
import { listen, type RunningServer } from './server.ts';
import { fail, report } from './terminal.ts';

const greet = ({ url }: RunningServer, place: string): void => {
  report('');
  report(`Daybook is ready.   API   ${url}`);
  report(`                    Docs  ${url}/docs`);
  report(`                    Data  ${place}`);
  report('');
  report('Open an account with ten euros in it:');
  report('');
  report(
    `  curl -s ${url}/v1/accounts -H 'Content-Type: application/json' -H "Idempotency-Key: $RANDOM$RANDOM" ` +
      `-d '{"ownerId":"alice","currency":"EUR","initialDeposit":{"amount":1000}}'`,
  );
  report('');
  report('Ctrl-C stops it; the data stays.');
};

/** Resolves with the reason to stop: a signal, or, below npm, the end of npm itself. */
const stopRequested = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    if (process.env.npm_lifecycle_event === undefined) return;
    // A killed npm hands no signal on: without this, the API would stay behind and hold its port.
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && resolve('the end of its parent process'), 500).unref();
  });

const serve = async (environment: Environment, opened: OpenedStorage, stop: Promise<string>): Promise<void> => {
  const log = createLog(environment.LOG_LEVEL, pino.destination({ sync: false, minLength: 4_096, periodicFlush: 200 }));
  const daybook = composeDaybook(opened.storage, environment, log);
  const server = await listen(createApp(daybook.services, log), environment.HOST, environment.PORT);
  const lost = new Promise<Error>((resolve) => opened.onLost(resolve));
  greet(server, opened.place);
  const reason = await Promise.race([stop, lost]);
  report(reason instanceof Error ? reason.message : `Stopping on ${reason}: letting running requests end …`);
  if (reason instanceof Error) process.exitCode = 1;
  // Requests that have arrived are still carried out, and the connections closed behind them; then the ledger has nothing left.
  daybook.announceEnd();
  await server.close(environment.DAYBOOK_SHUTDOWN_TIMEOUT_MS);
  await daybook.drain();
  log.flush();
};

const main = async (): Promise<void> => {
  const stop = stopRequested();
  if (existsSync('.env')) process.loadEnvFile('.env');
  const environment = readEnvironment(process.env);
  const opened = await openStorage({
    environment,
    processEnvironment: process.env,
    purpose: 'npm start',
    attach: false,
    mayFallBackToMemory: environment.NODE_ENV !== 'production' && !process.env.CI,
    report,
  });
  try {
    await serve(environment, opened, stop);
  } finally {
    await opened.close();
  }
  report('Stopped.');
};

main().then(() => process.exit(), fail);
