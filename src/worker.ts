import { on } from 'node:events';
import { createApp } from './app.ts';
import { RemoteLedger } from './committer/remote-ledger.ts';
import { composeFront, systemClock } from './compose.ts';
import { composeAccess } from './compose-access.ts';
import type { Environment } from './config/environment.ts';
import { readEnvironment } from './config/read-environment.ts';
import { verifierKeyOf } from './journal/signed-note.ts';
import { openLog } from './log.ts';
import { readSigner } from './open-signer.ts';
import { type ExchangeMessage, isExchange, metricsOfAll } from './metrics/process-exchange.ts';
import { ProcessMetrics } from './metrics/process-metrics.ts';
import { listen } from './server.ts';
import { connectMongo } from './storage/mongo/connection.ts';
import { openMongoStorage } from './storage/mongo/mongo-storage.ts';
import type { PoolMeter } from './storage/mongo/watch-pool.ts';
import { wordsOf } from './terminal.ts';
import { openTracing } from './tracing/open-tracing.ts';
import type { Order, WorkerReport } from './workers.ts';

// Takes requests for the process that forked it, which commits what is in them: see workers.ts.

const say = (message: WorkerReport | ExchangeMessage): void => void process.send?.(message);

// From the beginning, so that none is missed that comes before it is asked for.
const orders = on(process, 'message');

const nextOrder = async (): Promise<Order> => {
  for (;;) {
    const { value } = (await orders.next()) as { readonly value: [Order | ExchangeMessage] };
    if (!isExchange(value[0])) return value[0];
  }
};

const openStorage = async (environment: Environment, uri: string, meter: PoolMeter) => {
  const timeout = environment.DAYBOOK_MONGO_TIMEOUT_MS;
  const connection = await connectMongo({ uri, timeout, poolSize: environment.DAYBOOK_MONGO_POOL, meter });
  return openMongoStorage(connection, timeout);
};

const work = async (): Promise<void> => {
  say({ isReady: true });
  const order = await nextOrder();
  // It may be told to end before it has begun.
  if (!('mongoUri' in order)) return;
  // With what is in `.env`: it was read by the process that forked this one, and inherited.
  const environment = readEnvironment(process.env);
  const log = openLog(environment.LOG_LEVEL);
  const committer = new RemoteLedger(order.commands);
  if (!(await committer.call())) throw new Error('The process that commits does not answer.');
  const metrics = new ProcessMetrics();
  const storage = await openStorage(environment, order.mongoUri, metrics);
  const { tracer, close: endTracing } = await openTracing(environment, log);
  metrics.watchProcess();
  const ofAllProcesses = metricsOfAll(metrics, say);
  const access = composeAccess(storage, order.mustAsk ? environment : 'open', log, systemClock);
  const ownKey = verifierKeyOf(await readSigner(environment));
  const parts = { metrics, tracer, ofAllProcesses, access, ownKey, limits: environment };
  const { services, announceEnd } = composeFront(storage, committer, parts);
  const server = await listen(createApp(services, log), environment.HOST, environment.PORT);
  say({ url: server.url });
  const last = await nextOrder();
  announceEnd();
  await server.close('stopWithin' in last ? last.stopWithin : 0);
  await access.log.settle();
  committer.close();
  await storage.close();
  await endTracing();
  log.flush();
};

// Signals are for the process that forked it, and reach this one by its order. Without that process there is nothing to do here.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(1));

work().then(
  () => process.exit(),
  (error: unknown) => {
    say({ reason: wordsOf(error) });
    setTimeout(() => process.exit(1), 100);
  },
);
