import { afterAll, beforeAll, describe, it } from 'vitest';
import { eventStoreContract } from './event-store-contract.ts';
import { feedContract } from './feed-contract.ts';
import type { StorageFixture } from './fixture.ts';
import { historyContract } from './history-contract.ts';
import { movementsContract } from './movements-contract.ts';
import { holdsContract } from './holds-contract.ts';
import { journalContract } from './journal-contract.ts';
import { proposalsContract } from './proposals-contract.ts';
import { shadowContract } from './shadow-contract.ts';
import { snapshotContract } from './snapshot-contract.ts';
import { tableContract } from './table-contract.ts';
import { unitOfWorkContract } from './unit-of-work-contract.ts';

/** Everything that the application may expect of a storage. Memory is trusted in unit tests only because it keeps this. */
export const storageContract = (name: string, open: () => Promise<StorageFixture>): void => {
  describe(`${name} keeps the storage contract`, () => {
    let fixture: StorageFixture;
    const under = (): StorageFixture => fixture;

    beforeAll(async () => {
      fixture = await open();
    });
    afterAll(() => fixture.close());

    eventStoreContract(under);
    movementsContract(under);
    snapshotContract(under);
    tableContract(under);
    unitOfWorkContract(under);
    historyContract(under);
    shadowContract(under);
    journalContract(under);
    feedContract(under);
    holdsContract(under);
    proposalsContract(under);

    it('answers a ping', () => fixture.storage.ping());

    it('is current, also for many who ask at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => fixture.storage.mustBeCurrent()));
    });
  });
};
