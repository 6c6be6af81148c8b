import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadResult } from '../client/load.ts';
import type { Reply } from './obey.ts';

/** A process of its own that does one thing, so that nothing else can hold its clock up. */
export type Worker<Order, Result> = {
  readonly pid: number;
  /** One order at a time. Rejects with what the process says, or where it ends by itself. */
  readonly run: (order: Order) => Promise<Result>;
  readonly stop: () => Promise<void>;
};

/** Plays the clients. */
export type LoadGenerator = Worker<LoadOrder, LoadResult>;

/** The programs in this directory, as they are when they are built. */
export const programFile = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/** Rejects where the process ends instead of saying something. */
const nextMessage = (child: ChildProcess, name: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`The process ${name} has ended by itself.`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });

/** Starts one of the programs that obey, of this directory or from another file; `flags` are for Node. */
export const startWorker = async <Order extends object, Result>(
  name: string,
  flags: readonly string[] = [],
  file = programFile(name),
): Promise<Worker<Order, Result>> => {
  // Structured clone keeps the typed arrays what they are.
  const child = fork(file, { serialization: 'advanced', execArgv: [...flags] });
  const exited = once(child, 'exit');
  await nextMessage(child, name);
  return {
    pid: child.pid ?? 0,
    run: async (order) => {
      const message = nextMessage(child, name);
      child.send(order);
      const reply = (await message) as Reply<Result>;
      if ('failure' in reply) throw new Error(`${name}: ${reply.failure}`);
      return reply.result;
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
};
