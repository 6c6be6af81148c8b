import { generateKeyPairSync } from 'node:crypto';
import { vi } from 'vitest';
import type { Clock } from '../../src/application/ports/clock.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { composeSealer, systemClock } from '../../src/compose.ts';
import type { Duty } from '../../src/application/duty.ts';
import { noteSigner, type NoteSigner } from '../../src/journal/signed-note.ts';

export const newSigner = (): NoteSigner => noteSigner('test', generateKeyPairSync('ed25519').privateKey);

const signer = newSigner();

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A sealer as the process has it that commits, with a key of this test run. */
export const sealerOver = (storage: Storage, clock: Clock = systemClock, own: NoteSigner = signer): Duty =>
  composeSealer(storage, { signer: own }, silent, clock);

/** Does the work while a sealer runs, and resolves when everything is sealed. */
export const sealing = async (storage: Storage, work: () => Promise<void>, own: NoteSigner = signer): Promise<void> => {
  const sealer = sealerOver(storage, systemClock, own);
  sealer.start();
  try {
    await work();
    await vi.waitUntil(async () => (await storage.feed.firstUnsealed()) === undefined, { timeout: 30_000 });
  } finally {
    await sealer.stop();
  }
};
