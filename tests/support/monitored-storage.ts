import type { CommandStartedEvent, CommandSucceededEvent } from 'mongodb';
import type { Connection } from 'mongoose';
import type { Storage } from '../../src/application/ports/storage.ts';
import { connectMongo } from '../../src/storage/mongo/connection.ts';
import { openMongoStorage } from '../../src/storage/mongo/mongo-storage.ts';

export type MonitoredStorage = {
  readonly storage: Storage;
  readonly connection: Connection;
  /** What the driver sent and got since the last `forget`, in order. */
  readonly started: CommandStartedEvent[];
  readonly succeeded: CommandSucceededEvent[];
  readonly forget: () => void;
  readonly close: () => Promise<void>;
};

/** Ledger storage on a connection of its own, made as every other, on which each command can be watched. */
export const openMonitoredStorage = async (mongoUri: string): Promise<MonitoredStorage> => {
  const url = new URL(mongoUri);
  url.searchParams.set('monitorCommands', 'true');
  const connection = await connectMongo({ uri: url.href, timeout: 10_000, poolSize: 10 });
  const started: CommandStartedEvent[] = [];
  const succeeded: CommandSucceededEvent[] = [];
  const client = connection.getClient();
  client.on('commandStarted', (event) => started.push(event));
  client.on('commandSucceeded', (event) => succeeded.push(event));
  return {
    storage: openMongoStorage(connection, 10_000),
    connection,
    started,
    succeeded,
    forget: () => {
      started.length = 0;
      succeeded.length = 0;
    },
    close: () => connection.close(),
  };
};
