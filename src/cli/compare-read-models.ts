import type { Storage } from '../application/ports/storage.ts';
import type { Difference } from '../application/replay/differences.ts';
import { Rebuild } from '../application/replay/rebuild.ts';
import { type AccountId, type StreamId, streamIdOf } from '../domain/account/account-id.ts';
import { projections } from '../projections/index.ts';
import { openMemoryStorage } from '../storage/memory/memory-storage.ts';

async function* only(streamId: StreamId): AsyncGenerator<StreamId> {
  yield await Promise.resolve(streamId);
}

/** Folds the whole account beside the live read models, in memory, and compares: nothing is written anywhere. */
export const compareReadModels = async (storage: Storage, accountId: AccountId): Promise<readonly Difference[]> => {
  const rebuild = new Rebuild(storage, openMemoryStorage(), projections);
  await rebuild.fill(only(streamIdOf(accountId)), () => undefined);
  return rebuild.compare(accountId, () => undefined);
};
