import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { Duty } from './application/duty.ts';
import { shareLedger, type LedgerShare } from './committer/share-ledger.ts';
import {
  composeAuditor,
  composeDaybook,
  composeFront,
  composeRebuilder,
  composeSealer,
  composeSweeper,
  type Daybook,
  type SealedBy,
  systemClock,
} from './compose.ts';
import { composeAccess, hasApiKeys, mustAsk } from './compose-access.ts';
import { type Environment, hasIssuer } from './config/environment.ts';
import { readEnvironment } from './config/read-environment.ts';
import { verifierKeyOf } from './journal/signed-note.ts';
import { openLog } from './log.ts';
import { MetricsExchange } from './metrics/process-exchange.ts';
import { ProcessMetrics } from './metrics/process-metrics.ts';
import { openSigner } from './open-signer.ts';
import { openStorage, type OpenedStorage } from './open-storage.ts';
import { SealerThread } from './sealer-thread.ts';
import { CannotListen, listen, type RunningServer } from './server.ts';
import { fail, report } from './terminal.ts';
import { openTracing } from './tracing/open-tracing.ts';
import type { Tracing } from './tracing/tracing.ts';
import { startWorkers } from './workers.ts';

/** How it stands with who may do what: nobody shall be surprised by it. */
const sayWhoMay = async ({ environment, opened, log, isAsking }: Parts): Promise<void> => {
  if (!isAsking) {
    log.warn({}, 'open: whoever reaches this server may do everything');
    report('');
    report('*** OPEN: nobody is asked who they are, and every program on this machine may do everything. ***');
    report(
      '    npm run keys -- create --name me --scopes accounts:read,money:write    and start again: then a key is asked for.',
    );
    return;
  }
  if (hasIssuer(environment) || (await hasApiKeys(opened.storage))) return;
  report(
    'There is no API key yet, so everybody is refused. Make one: npm run keys -- create --name "<whose>" --scopes …',
  );
};

const greet = ({ url }: RunningServer, place: string, isAsking: boolean): void => {
  report('');
  report(`Daybook is ready.   API   ${url}`);
  report(`                    Docs  ${url}/docs`);
  report(`                    Data  ${place}`);
  report('');
  report('Open an account with ten euros in it:');
  report('');
  report(
    `  curl -s ${url}/v1/accounts ${isAsking ? '-H "Authorization: Bearer $KEY" ' : ''}-H 'Content-Type: application/json' -H "Idempotency-Key: $RANDOM$RANDOM" ` +
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

type Parts = {
  readonly environment: Environment;
  readonly opened: OpenedStorage;
  readonly log: Logger;
  readonly metrics: ProcessMetrics;
  readonly tracing: Tracing;
  /** Whether callers are asked who they are. */
  readonly isAsking: boolean;
  readonly ownKey: string;
};

/** What is in memory is nobody else's, on no other thread either. */
const sealerFor = ({ opened: { uri, storage }, log, metrics }: Parts, by: SealedBy): Duty =>
  uri === undefined
    ? composeSealer(storage, by, log)
    : new Duty(new SealerThread(uri, { log, onRefusal: metrics.sealingRefused }));

/**
 * With the other processes on the same database; what is in memory is nobody else's. The duties are with the process that commits, which
 * has the events in its hands anyway.
 */
const share = async (
  { environment, opened, log }: Parts,
  { ledger }: Daybook,
  duties: readonly Duty[],
): Promise<LedgerShare> => {
  if (opened.uri === undefined) {
    for (const duty of duties) duty.start();
    return { door: ledger, close: () => Promise.resolve() };
  }
  const host = environment.DAYBOOK_PEER_HOST;
  const onOffice = (isOurs: boolean): void => {
    for (const duty of duties)
      if (isOurs) duty.start();
      else void duty.stop();
  };
  try {
    return await shareLedger(ledger, { storage: opened.storage, log, host, onOffice });
  } catch (cause) {
    throw new CannotListen(`${host} is not an address of this machine. Set DAYBOOK_PEER_HOST to one that is.`, {
      cause,
    });
  }
};

/** Listens here, or in as many workers as are wanted. */
const open = async (
  { environment, opened, log, metrics, tracing, isAsking, ownKey }: Parts,
  { door, holder }: LedgerShare,
): Promise<RunningServer> => {
  const { HOST, PORT, DAYBOOK_WORKERS: count } = environment;
  if (count > 0 && opened.uri !== undefined) {
    const exchange = new MetricsExchange(metrics);
    return startWorkers(door, { count, mongoUri: opened.uri, mustAsk: isAsking, report, exchange });
  }
  const access = composeAccess(opened.storage, isAsking ? environment : 'open', log, systemClock);
  const { services, announceEnd } = composeFront(opened.storage, door, {
    ...{ metrics, tracer: tracing.tracer, access, ownKey, limits: environment },
    ...(holder !== undefined && { holder }),
  });
  const server = await listen(createApp(services, log), HOST, PORT);
  const close = async (timeout: number): Promise<void> => {
    announceEnd();
    await server.close(timeout);
    await access.log.settle();
  };
  return { url: server.url, close };
};

const serve = async (
  { environment, opened, metrics }: Pick<Parts, 'environment' | 'opened' | 'metrics'>,
  stop: Promise<string>,
): Promise<void> => {
  const isAsking = await mustAsk(environment, opened.storage);
  const log = openLog(environment.LOG_LEVEL);
  metrics.watchProcess();
  const by = await openSigner(environment, opened);
  const tracing = await openTracing(environment, log);
  const parts = { environment, opened, log, metrics, tracing, isAsking, ownKey: verifierKeyOf(by.signer) };
  const daybook = composeDaybook(opened.storage, environment, log, { metrics, tracer: tracing.tracer });
  const sealer = sealerFor(parts, by);
  const auditor = composeAuditor(daybook, opened.storage, environment.DAYBOOK_AUDIT_EVENTS_PER_SECOND, log);
  const sweeper = composeSweeper(opened.storage, daybook.ledger, log);
  const rebuilder = composeRebuilder(daybook, opened.storage, {
    openForRebuilds: opened.openForRebuilds,
    eventsPerSecond: environment.DAYBOOK_REBUILD_EVENTS_PER_SECOND,
    log,
  });
  const shared = await share(parts, daybook, [sealer, sweeper, auditor, rebuilder]);
  try {
    const server = await open(parts, shared);
    const lost = new Promise<Error>((resolve) => opened.onLost(resolve));
    greet(server, opened.place, isAsking);
    await sayWhoMay(parts);
    const reason = await Promise.race([stop, lost]);
    report(reason instanceof Error ? reason.message : `Stopping on ${reason}: letting running requests end …`);
    if (reason instanceof Error) process.exitCode = 1;
    // Requests that have arrived are still carried out, and the connections closed behind them.
    await server.close(environment.DAYBOOK_SHUTDOWN_TIMEOUT_MS);
  } finally {
    // Then what other processes have handed on; then the ledger has nothing left.
    await shared.close();
    await rebuilder.stop();
    await auditor.stop();
    await sweeper.stop();
    await daybook.drain();
    await sealer.stop();
    await tracing.close();
    log.flush();
  }
};

const main = async (): Promise<void> => {
  const stop = stopRequested();
  if (existsSync('.env')) process.loadEnvFile('.env');
  const environment = readEnvironment(process.env);
  const metrics = new ProcessMetrics();
  const opened = await openStorage({
    environment,
    meter: metrics,
    processEnvironment: process.env,
    purpose: 'npm start',
    attach: false,
    mayFallBackToMemory: environment.NODE_ENV !== 'production' && !process.env.CI && environment.DAYBOOK_WORKERS === 0,
    report,
  });
  try {
    await serve({ environment, opened, metrics }, stop);
  } finally {
    await opened.close();
  }
  report('Stopped.');
};

main().then(() => process.exit(), fail);
