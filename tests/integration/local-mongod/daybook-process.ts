import { createInterface } from 'node:readline';
import { openLocalReplicaSet } from '../../../src/storage/mongo/local/local-replica-set.ts';

// Stands for `npm start` or a script: opens the replica set that its argument describes, and says what happens, one
// JSON object a line. It stops when it reads `stop`, and does not end on Ctrl-C, as a server that drains first.
type Options = { dataDirectory: string; purpose: string; attach: boolean; mongod: string };

const say = (event: string, more: object = {}): void => {
  process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);
};

const options = JSON.parse(process.argv[2] ?? '') as Options;
process.on('SIGINT', () => say('interrupted'));

try {
  const replicaSet = await openLocalReplicaSet({
    dataDirectory: options.dataDirectory,
    findMongod: () => Promise.resolve(options.mongod),
    report: (text) => say('report', { text }),
    attach: options.attach,
    purpose: options.purpose,
  });
  replicaSet.onUnexpectedExit(({ message }) => say('ended', { text: message }));
  say('open', { uri: replicaSet.uri, pid: replicaSet.pid, owned: replicaSet.owned });
  for await (const line of createInterface(process.stdin)) if (line === 'stop') break;
  await replicaSet.stop();
  say('stopped');
  process.exit(0);
} catch (error) {
  say('refused', { text: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
