import type { Storage } from '../../src/application/ports/storage.ts';
import { composeSealer, systemClock } from '../../src/compose.ts';
import { ManualClock } from '../api/world.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { type ApiClient, startApi, type TestApi } from './api.ts';
import { ledger } from './note-keys.ts';
import { vi } from 'vitest';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Seals all that is there, in blocks of their own, signed by `ledger`. */
export const sealAll = async (storage: Storage): Promise<void> => {
  const sealer = composeSealer(storage, { signer: ledger }, silent, systemClock);
  sealer.start();
  await vi.waitUntil(async () => (await storage.feed.firstUnsealed()) === undefined, { timeout: 30_000 });
  await sealer.stop();
};

export type ProvenBooks = { readonly api: TestApi; readonly storage: Storage; readonly clock: ManualClock };

const at = (clock: ManualClock, client: ApiClient) => async (time: string, path: string, body: object) => {
  clock.moveTo(time);
  const reply = await client.post(path, body);
  if (reply.status >= 300) throw new Error(`${path}: ${reply.text}`);
  return reply.body;
};

/**
 * An API in memory with two accounts: alice has back-dated money, a transfer, a reversal, a freeze and its end, and another limit. Everything is
 * sealed; the clock stands at 2040-03-31.
 */
export const openProvenBooks = async (): Promise<ProvenBooks> => {
  const clock = new ManualClock();
  const storage = openMemoryStorage();
  const api = await startApi(storage, {}, { clock });
  const post = at(clock, api.client);
  const money = (amount: number, more: object = {}) => ({ amount, currency: 'EUR', ...more });
  await post('2040-01-01T09:00:00Z', '/v1/accounts', { accountId: 'alice', ownerId: 'a', currency: 'EUR' });
  await post('2040-01-01T09:00:00Z', '/v1/accounts', { accountId: 'bob', ownerId: 'b', currency: 'EUR' });
  await sealAll(storage);
  await post('2040-01-10T09:00:00Z', '/v1/accounts/alice/deposits', money(10_000, { reference: 'wages „Jänner“ 💶' }));
  const { eventId } = await post('2040-01-12T09:00:00Z', '/v1/accounts/alice/withdrawals', money(1_500));
  await post('2040-01-20T09:00:00Z', '/v1/transfers', {
    transferId: 'rent',
    fromAccountId: 'alice',
    toAccountId: 'bob',
    ...money(2_500),
  });
  await post(
    '2040-02-03T09:00:00Z',
    '/v1/accounts/alice/deposits',
    money(700, { effectiveAt: '2040-01-11T00:00:00Z' }),
  );
  await post('2040-02-05T09:00:00Z', '/v1/accounts/alice/freeze', { reason: 'a court order' });
  await post('2040-02-07T09:00:00Z', '/v1/accounts/alice/unfreeze', { reason: 'lifted' });
  await post('2040-02-09T09:00:00Z', '/v1/reversals', { eventId, reason: 'not hers' });
  await post('2040-03-01T09:00:00Z', '/v1/accounts/alice/overdraft-limit', { overdraftLimit: 5_000 });
  await sealAll(storage);
  clock.moveTo('2040-03-31T00:00:00Z');
  return { api, storage, clock };
};

/** The answer to a question about alice with its proof, as it is sent. */
export const provenAnswer = async ({ api }: ProvenBooks, what: string): Promise<string> => {
  const { status, text } = await api.client.get(`/v1/accounts/alice/${what}${what.includes('?') ? '&' : '?'}proof=1`);
  if (status !== 200) throw new Error(text);
  return text;
};
