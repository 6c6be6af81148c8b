import type { Connection } from 'mongoose';
import { expect, it } from 'vitest';
import { StorageUnavailable } from '../../../src/application/ports/storage-errors.ts';
import { CurrentPrimary } from '../../../src/storage/mongo/current-primary.ts';

const TIMEOUT = 200;

type Options = { readonly signal: AbortSignal };

/** Settles with what is asked of it only when it is given up. */
const silent = (_asked: unknown, { signal }: Options): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

const members = { command: () => Promise.resolve({ hosts: ['a', 'b', 'c'] }), collection: () => ({ findOne: silent }) };

it('a primary that says nothing keeps nobody for longer than its time, nor who comes meanwhile for longer than twice that', async () => {
  const primary = new CurrentPrimary({ db: members } as unknown as Connection, TIMEOUT);
  const begun = performance.now();
  const first = primary.confirm();
  await Promise.resolve();
  await Promise.resolve();
  const second = primary.confirm();
  expect(second).not.toBe(first);
  await expect(first).rejects.toThrow(StorageUnavailable);
  expect(performance.now() - begun).toBeLessThan(2 * TIMEOUT);
  await expect(second).rejects.toThrow(StorageUnavailable);
});
