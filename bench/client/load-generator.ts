import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadResult } from './load.ts';

/** A process of its own that plays the clients, so that neither the servers nor another load can hold its clock up. */
export type LoadGenerator = {
  /** One order at a time. */
  readonly run: (order: LoadOrder) => Promise<LoadResult>;
  readonly stop: () => Promise<void>;
};

/** Rejects where the process ends instead of saying something. */
const nextMessage = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('The process of the clients has ended by itself.'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });

export const startLoadGenerator = async (): Promise<LoadGenerator> => {
  // Structured clone keeps the typed arrays what they are. The loader of this process is inherited.
  const child = fork(fileURLToPath(new URL('./client-process.ts', import.meta.url)), { serialization: 'advanced' });
  const exited = once(child, 'exit');
  await nextMessage(child);
  return {
    run: async (order) => {
      const result = nextMessage(child);
      child.send(order);
      return (await result) as LoadResult;
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
};
