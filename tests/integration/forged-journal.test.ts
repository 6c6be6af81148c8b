import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Duty } from '../../src/application/duty.ts';
import { composeSealer } from '../../src/compose.ts';
import type { SignedCheckpoint } from '../../src/journal/signed-checkpoint.ts';
import { append } from '../contract/fixture.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { moneyDeposited, streamUpTo } from '../support/recorded-events.ts';
import { newSigner } from '../support/sealers.ts';
import { beginSigned } from '../support/signed-file.ts';
import { Tamperer } from '../support/tampering.ts';
import { verifyJournal } from '../support/verify-journal.ts';

/** What somebody writes into the journal who can write to the database, so that an event is never sealed and can be removed unseen. */
describe('a journal in which an event is hidden from the sealer', () => {
  const signer = newSigner();
  const hidden = moneyDeposited('a', 4, 1_000n);
  let database: TestDatabase;
  let directory: string;
  let signed: SignedCheckpoint;
  let sealer: Duty;
  let errors: string[];

  const size = async (): Promise<number> => (await database.storage.journal.head())?.treeSize ?? 0;

  beforeEach(async () => {
    database = await openTestDatabase();
    directory = await mkdtemp(join(tmpdir(), 'daybook-forged-'));
    signed = await beginSigned(join(directory, 'signed'));
    errors = [];
    const error = ({ err }: { err?: unknown }): void => void errors.push(String(err));
    const log = { info: () => undefined, warn: () => undefined, error };
    sealer = composeSealer(database.storage, { signer, signed }, log);
    await append(database.storage, streamUpTo('a', 2));
    sealer.start();
    await expect.poll(size, { timeout: 20_000 }).toBe(2);
    // In a block that the feed has told, and so has a token.
    await append(database.storage, [moneyDeposited('a', 3, 1n)]);
    await expect.poll(size, { timeout: 20_000 }).toBe(3);
    await sealer.stop();
    await append(database.storage, [hidden]);
  });
  afterEach(async () => {
    await sealer.stop();
    await database.drop();
    await rm(directory, { recursive: true });
  });

  const refused = async (): Promise<string> => {
    sealer.start();
    await append(database.storage, streamUpTo('b', 1));
    await expect.poll(() => errors.length, { timeout: 20_000 }).toBeGreaterThan(0);
    await sealer.stop();
    expect((await signed.last()).checkpoint.size).toBe(3);
    return errors[0] ?? '';
  };

  const goesOnAfter = async (undo: () => Promise<void>): Promise<void> => {
    await undo();
    sealer.start();
    await expect.poll(size, { timeout: 20_000 }).toBe(5);
    await sealer.stop();
    expect(await verifyJournal(database.storage)).toEqual([]);
  };

  it('is not signed where a block without events has a token from behind it', { timeout: 60_000 }, async () => {
    const tamperer = new Tamperer(database);
    const last = await tamperer.find('journal', {}, { _id: -1 });
    const { token } = await database.storage.feed.recover();
    const places = { _id: (last._id as bigint) + 1n, firstPosition: 1_000n, eventIds: ['nobody'] };
    const { undo } = await tamperer.insert('journal', { ...last, ...places, resumeToken: token });
    expect(await refused()).toContain('The last block of the journal has the number 3, and 2 was signed.');
    await goesOnAfter(undo);
  });

  it(
    'is not signed where a block says that it has it, and a mark that all is told once more',
    { timeout: 60_000 },
    async () => {
      const tamperer = new Tamperer(database);
      const first = await tamperer.find('journal');
      const mark = { _id: 'ledger', begunAt: new Date(), completedAt: new Date(), lastBlock: 2n, resumeToken: 'none' };
      await tamperer.insert('restorations', mark);
      const eventIds = [...(first.eventIds as readonly string[]), hidden.eventId];
      const { undo } = await tamperer.change('journal', first, { eventIds });
      expect(await refused()).toContain(`the first of them ${hidden.eventId}, the journal says that they are sealed`);
      await goesOnAfter(undo);
    },
  );
});
