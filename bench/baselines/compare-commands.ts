import { isDeepStrictEqual } from 'node:util';
import { type CommandStartedEvent, type Document, MongoClient } from 'mongodb';
import type { Storage } from '../../src/application/ports/storage.ts';
import { tableName } from '../../src/application/ports/table.ts';
import { connectMongo } from '../../src/storage/mongo/connection.ts';
import { openMongoStorage } from '../../src/storage/mongo/mongo-storage.ts';
import { migrate } from '../../src/storage/mongo/migrations/migrate.ts';
import { commitCalls, driverCallsOf } from './driver-calls.ts';
import type { RecordedTransaction } from './recording.ts';

type Monitored = Pick<MongoClient, 'on'>;

// What differs between any two runs of one command, and what housekeeping sends between them.
const running = new Set(['$db', 'lsid', 'txnNumber', '$clusterTime', 'recoveryToken']);
const statements = new Set(['insert', 'update', 'delete', 'commitTransaction', 'abortTransaction']);

const essence = (command: Document): Document =>
  Object.fromEntries(Object.entries(command).filter(([name]) => !running.has(name)));

const watch = (client: Monitored): Document[] => {
  const seen: Document[] = [];
  client.on('commandStarted', ({ commandName, command }: CommandStartedEvent) => {
    if (statements.has(commandName)) seen.push(essence(command));
  });
  return seen;
};

const database = (uri: string, name: string): string => {
  const url = new URL(uri);
  url.pathname = `/${name}`;
  url.searchParams.set('monitorCommands', 'true');
  return url.href;
};

const replay = (storage: Storage, transaction: RecordedTransaction): Promise<void> =>
  storage.transactionally(async (work) => {
    for (const write of transaction) {
      if (write.kind === 'events') await storage.events.append(work, write.events);
      else await storage.table(tableName(write.table)).write(work, write.writes);
    }
  });

const commandsOfLedger = async (uri: string, transaction: RecordedTransaction): Promise<readonly Document[]> => {
  const connection = await connectMongo({ uri, timeout: 30_000, poolSize: 4 });
  const client = connection.getClient();
  await migrate(client.db(connection.name), () => new Date());
  const seen = watch(client);
  await replay(openMongoStorage(connection, 30_000), transaction);
  await client.db(connection.name).dropDatabase();
  await connection.close();
  return seen;
};

const commandsOfDriver = async (uri: string, transaction: RecordedTransaction): Promise<readonly Document[]> => {
  const client = await MongoClient.connect(uri);
  await migrate(client.db(), () => new Date());
  const seen = watch(client);
  await client.withSession((session) => commitCalls(client.db(), session, driverCallsOf(transaction)));
  await client.db().dropDatabase();
  await client.close();
  return seen;
};

/**
 * Sends one transaction through the ledger's own storage and through the bare driver, each into an empty database, and
 * compares what MongoDB is sent. Rejects where that is not the same: then the bare driver is not the limit that it says it is.
 */
export const mustSendTheSame = async (uri: string, transaction: RecordedTransaction): Promise<void> => {
  const ofLedger = await commandsOfLedger(database(uri, 'compare-ledger'), transaction);
  const ofDriver = await commandsOfDriver(database(uri, 'compare-driver'), transaction);
  if (ofLedger.length > 0 && isDeepStrictEqual(ofLedger, ofDriver)) return;
  const index = ofLedger.findIndex((command, at) => !isDeepStrictEqual(command, ofDriver[at]));
  const shown = [ofLedger[index], ofDriver[index]].map((command) =>
    JSON.stringify(command ?? 'nothing', withLongs).slice(0, 600),
  );
  throw new Error(
    `The bare driver sends ${ofDriver.length} commands, the ledger ${ofLedger.length}; number ${index + 1} differs:\n` +
      shown.join('\n'),
  );
};

const withLongs = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
