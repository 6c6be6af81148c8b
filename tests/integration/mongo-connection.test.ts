import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectMongo } from '../../src/storage/mongo/connection.ts';
import { freePort } from '../../src/storage/mongo/local/free-port.ts';
import { startApiProcess } from '../support/api-process.ts';
import { temporaryDirectories } from './local-mongod/support.ts';

const connecting = (uri: string, timeout = 10_000) => connectMongo({ uri, timeout, poolSize: 5 });

describe('a MongoDB that cannot carry a ledger', () => {
  const directories = temporaryDirectories();
  let standalone: ChildProcess;
  let uri: string;

  beforeAll(async () => {
    const [dataDirectory, port] = [await directories.make(), await freePort()];
    const address = ['--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'];
    standalone = spawn(inject('mongodPath'), ['--dbpath', dataDirectory, ...address], { stdio: 'ignore' });
    uri = `mongodb://127.0.0.1:${port}/ledger`;
    const client = await MongoClient.connect(uri, { serverSelectionTimeoutMS: 30_000 });
    await client.close();
  });
  afterAll(async () => {
    const exited = once(standalone, 'exit');
    standalone.kill('SIGKILL');
    await exited;
    await directories.removeAll();
  });

  const sentence = /standalone mongod, which has no transactions\. Start it with --replSet rs0/;

  it('is refused where it is a standalone, with what to do about it', async () => {
    await expect(connecting(uri)).rejects.toMatchObject({
      name: 'UnsuitableMongo',
      message: expect.stringMatching(sentence) as string,
    });
    await expect(startApiProcess({ MONGODB_URI: uri })).rejects.toThrow(
      new RegExp(`API ended with 1: [^]*${sentence.source}`),
    );
  });

  it('is given up in time where nobody answers, without saying the password', async () => {
    const nobody = `mongodb://clerk:secret@127.0.0.1:${await freePort()}/ledger`;
    const asked = performance.now();
    const refusal = await connecting(nobody, 500).catch((error: unknown) => error);
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(refusal).toMatchObject({ name: 'UnsuitableMongo' });
    expect(String(refusal)).toContain('Check MONGODB_URI and that the replica set has a primary.');
    expect(String(refusal)).not.toContain('secret');
    const ended = await startApiProcess({ MONGODB_URI: nobody, DAYBOOK_MONGO_TIMEOUT_MS: '500' }).catch(String);
    expect(ended).toContain('API ended with 1');
    expect(ended).not.toContain('secret');
    expect(ended).not.toMatch(/^ {4}at /m);
  });
});
