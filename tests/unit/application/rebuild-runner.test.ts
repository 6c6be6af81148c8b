import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Duty } from '../../../src/application/duty.ts';
import { StorageForbidden, StorageUnavailable } from '../../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { RebuildDesk } from '../../../src/application/rebuilds/rebuild-desk.ts';
import type { RebuildRow } from '../../../src/application/rebuilds/rebuild-row.ts';
import { RebuildRunner } from '../../../src/application/rebuilds/rebuild-runner.ts';
import { systemClock } from '../../../src/compose.ts';
import { answerRebuild } from '../../../src/http/presenters/rebuild.ts';
import { projections } from '../../../src/projections/index.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';

const act = {
  ...{ actor: 'anonymous', what: 'createRebuild', route: 'a test', from: 'here', requestId: 'request' },
  idempotency: { key: 'key', requestHash: 'hash' },
  wording: answerRebuild(202),
};

describe('who runs rebuilds', () => {
  let storage: Storage;
  let desk: RebuildDesk;
  let duty: Duty | undefined;

  beforeEach(() => {
    storage = openMemoryStorage();
    desk = new RebuildDesk(storage, systemClock, 1_000);
  });
  afterEach(() => duty?.stop());

  /** What becomes of a rebuild that is run on this. */
  const runOn = async (openForRebuilds: () => Promise<Storage>): Promise<RebuildRow> => {
    await desk.begin(undefined, act);
    const pace = { eventsPerSecond: 1_000, isBusy: () => false };
    const log = pino({ level: 'silent' });
    duty = new Duty(new RebuildRunner({ storage, openForRebuilds, projections, clock: systemClock, log, ...pace }));
    duty.start();
    await expect.poll(async () => (await desk.find('1')).finishedAt).toBeDefined();
    return desk.find('1');
  };

  it('compares where it may', async () => {
    expect(await runOn(() => Promise.resolve(storage))).toMatchObject({ status: 'compared' });
  });

  it('says that the store cannot be reached', async () => {
    const unreachable = await runOn(() => Promise.reject(new StorageUnavailable('no connection')));
    expect(unreachable).toMatchObject({ status: 'failed', failure: 'STORAGE_UNAVAILABLE' });
  });

  it('says that it may not make shadows', async () => {
    const openShadow = (): Promise<never> => Promise.reject(new StorageForbidden('not authorized'));
    const forbidden = await runOn(() => Promise.resolve({ ...storage, openShadow }));
    expect(forbidden).toMatchObject({ status: 'failed', failure: 'STORAGE_FORBIDDEN' });
  });

  it('touches no other ledger than the one that it was asked of', async () => {
    const other = openMemoryStorage();
    expect(await runOn(() => Promise.resolve(other))).toMatchObject({ status: 'failed', failure: 'WRONG_DATABASE' });
    expect(await other.shadowMarks()).toEqual([]);
  });
});
