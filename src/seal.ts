import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './compose.ts';
import { readEnvironment } from './config/read-environment.ts';
import { Sealer } from './journal/sealer.ts';
import { openLog } from './log.ts';
import { openSigner } from './open-signer.ts';
import type { SealerOrder, SealerReport } from './sealer-thread.ts';
import { connectMongo } from './storage/mongo/connection.ts';
import { openMongoStorage } from './storage/mongo/mongo-storage.ts';

// Seals the journal on a thread of the process that commits: see sealer-thread.ts.

// One follows what is committed, and waits there; on the others blocks are written.
const CONNECTIONS = 3;

const seal = async (stop: AbortSignal): Promise<void> => {
  const { mongoUri: uri } = workerData as SealerOrder;
  // With what is in `.env`: it was read by the thread that started this one, and inherited.
  const environment = readEnvironment(process.env);
  const log = openLog(environment.LOG_LEVEL);
  const onRefusal = (isRefused: boolean): void => parentPort?.postMessage({ isRefused } satisfies SealerReport);
  const by = await openSigner(environment, { uri }).catch((error: unknown) => {
    onRefusal(true);
    throw error;
  });
  const timeout = environment.DAYBOOK_MONGO_TIMEOUT_MS;
  const storage = openMongoStorage(await connectMongo({ uri, timeout, poolSize: CONNECTIONS }), timeout);
  try {
    await new Sealer({ storage, ...by, clock: systemClock, log, onRefusal }).run(stop);
  } finally {
    await storage.close();
    log.flush();
  }
};

const stopped = new AbortController();
parentPort?.once('message', () => stopped.abort());

await seal(stopped.signal);
