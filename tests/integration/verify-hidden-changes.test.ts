import { BSON, type Document, Long } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Findings } from '../../src/application/verify/findings.ts';
import { snapshotOf } from '../../src/application/replay/snapshot.ts';
import { checkLedger } from '../../src/cli/check-ledger.ts';
import { findingText } from '../../src/cli/finding-text.ts';
import { accountAt } from '../../src/application/replay/account-history.ts';
import { isOpened } from '../../src/domain/account/account-state.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { minorUnits } from '../../src/domain/money/money.ts';
import { readVerifierKey, verifierKeyOf } from '../../src/journal/signed-note.ts';
import { databaseOf } from '../../src/storage/mongo/connection.ts';
import { ledgerOver } from '../contract/fixture.ts';
import { commandOf, openAccount, withdrawMoney } from '../support/commands.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { sendBytes } from '../support/raw-message.ts';
import { runScript } from '../support/run-script.ts';
import { streamOf } from '../support/recorded-events.ts';
import { Tamperer } from '../support/tampering.ts';
import { newSigner, sealing } from '../support/sealers.ts';

const noBar = () => ({ advance: () => undefined, stop: () => undefined });

const signer = newSigner();

/** Whoever owns the database and has no signing key: what is done then is sealed by the ledger itself, in good faith. */
describe('npm run verify, of a ledger whose database belongs to somebody else', { timeout: 120_000 }, () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await openTestDatabase();
  });
  afterEach(() => database.drop());

  const sealed = (work: () => Promise<void>): Promise<void> => sealing(database.storage, work, signer);

  const submit = async (...wishes: readonly Parameters<typeof commandOf>[0][]): Promise<void> => {
    const { ledger, drain } = ledgerOver(database.storage);
    for (const wish of wishes) await ledger.submit(commandOf(wish));
    await drain();
  };

  const sentences = async (): Promise<readonly string[]> => {
    const findings = new Findings();
    await checkLedger(database.storage, { verifier: readVerifierKey(verifierKeyOf(signer)) }, findings.tell, noBar);
    return findings.first.map(findingText);
  };

  const someBooks = (): Promise<void> => sealed(() => submit(openAccount('a', 100_00n), withdrawMoney('a', 1_00n)));

  const command = (body: object): Promise<unknown> =>
    database.connection.getClient().db(database.connection.name).command(body);

  it('names the block that hides an event from the sealer, and that nothing has kept it out', async () => {
    await someBooks();
    const tamperer = new Tamperer(database);
    const block = await tamperer.find('journal');
    const event = await tamperer.find('events', { streamId: 'account-a', version: 2 });
    await command({ collMod: 'journal', validator: {} });
    await tamperer.insert('journal', { ...block, _id: -1n, firstPosition: -5n, treeSize: 0n, eventIds: ['hidden'] });
    const recordedAt = new Date(Date.now() - 3_600_000);
    await tamperer.insert('events', { ...event, _id: 'hidden', version: 4, recordedAt });
    expect(await sentences()).toEqual([
      'journal: its validator is missing, or is not the one of this release.',
      'journal, row "-1": is not of the shape that its collection takes.',
    ]);
    expect((await database.storage.journal.positionsOf(['hidden'])).size).toBe(0);
    await tamperer.collection('journal').deleteOne({ _id: -1n } as never);
    expect((await sentences()).slice(1).join()).toContain('event hidden: is not in the journal');
  });

  it.each([
    [{ collMod: 'events', validationAction: 'warn' }, 'events: its validator is missing, or is not the one'],
    [{ collMod: 'accounts', validationLevel: 'off' }, 'accounts: its validator is missing, or is not the one'],
    [{ collMod: 'holds', validator: { _id: { $exists: true } } }, 'holds: its validator is missing, or is not the one'],
    [{ dropIndexes: 'events', index: 'streamId_1_version_1' }, 'events: its unique index over streamId, version is'],
    [{ dropIndexes: 'journal', index: 'eventIds_1' }, 'journal: its unique index over eventIds is missing'],
  ])('names a collection that would take anything: after %o', async (body, words) => {
    await someBooks();
    expect(await sentences()).toEqual([]);
    await command(body);
    const [sentence, ...others] = await sentences();
    expect(sentence).toContain(words);
    expect(others).toEqual([]);
  });

  it('names a collection that only looks like one', async () => {
    await someBooks();
    const { connection } = database;
    const admin = connection.getClient().db('admin');
    const [from, to] = ['journal', 'elsewhere'].map((name) => `${connection.name}.${name}`);
    await admin.command({ renameCollection: from, to });
    await command({ create: 'journal', viewOn: 'elsewhere' });
    expect(await sentences()).toEqual([
      'journal: its validator is missing, or is not the one of this release.',
      'journal: its unique index over firstPosition is missing.',
      'journal: its unique index over eventIds is missing.',
    ]);
  });

  it('names a collection with a collation, which takes one text for another', async () => {
    await someBooks();
    const live = databaseOf(database.connection).collection('snapshots');
    const [listed] = await databaseOf(database.connection).listCollections({ name: 'snapshots' }).toArray();
    const { options } = listed as { options: object };
    const indexes = (await live.indexes()).filter(({ name }) => name !== '_id_');
    await live.drop();
    await databaseOf(database.connection).createCollection('snapshots', {
      ...options,
      collation: { locale: 'en', strength: 1 },
    });
    for (const { key, unique } of indexes) await live.createIndex(key, { ...(unique && { unique }) }, {});
    expect(await sentences()).toEqual([
      'snapshots: its validator is missing, or is not the one of this release.',
      'snapshots: its unique index over streamId, version is missing.',
    ]);
  });

  type Twin = {
    readonly collection: string;
    readonly path: 'itself' | 'data';
    readonly name: string;
    readonly value: unknown;
  };

  /** Puts a document back with a member more in front that has the name of another: only bytes can say that. */
  const putTwin = async (document: object, { collection, path, name, value }: Twin) => {
    const stand = `${name.slice(0, -1)}~`;
    const twin = { [stand]: value };
    const { data } = document as { readonly data?: object };
    const doctored = path === 'itself' ? { ...twin, ...document } : { ...document, data: { ...twin, ...data } };
    const bytes = Buffer.from(
      BSON.serialize({ insert: collection, documents: [doctored], $db: database.connection.name }),
    );
    bytes.write(name, bytes.indexOf(`${stand}\0`));
    expect(await sendBytes(database.uri, bytes)).toMatchObject({ ok: 1, n: 1 });
  };

  const twins: readonly (Twin & { readonly of: Document })[] = [
    { collection: 'events', path: 'data', name: 'amount', value: Long.fromNumber(99_999_00), of: { version: 2 } },
    { collection: 'accounts', path: 'itself', name: 'ownerId', value: 'somebody else', of: { _id: 'a' } },
    { collection: 'statement_entries', path: 'itself', name: 'accountId', value: 'nobody', of: { version: 2 } },
  ];

  it.each(twins)('names a document of $collection that says a thing twice', async ({ of, ...twin }) => {
    await someBooks();
    const { collection } = twin;
    const tamperer = new Tamperer(database);
    const document = await tamperer.find(collection, of);
    await tamperer.remove(collection, document);
    await putTwin(document, twin);
    expect(await sentences()).toEqual([
      `${collection}, row ${String(document._id)}: is not of the shape that its collection takes.`,
    ]);
  });

  /** An event of account a, put in behind its last one, and what is told of it first. */
  const firstOf = async (members: object): Promise<string> => {
    await someBooks();
    const tamperer = new Tamperer(database);
    const event = await tamperer.find('events', { streamId: 'account-a', version: 3 });
    await tamperer.insert('events', { ...event, _id: 'put-in', version: 4, ...members });
    return (await sentences())[0] ?? '';
  };

  const PUT_IN = 'events, stream account-a, version 4, event put-in:';

  it('names an event of the future, which would wait to be sealed until then', async () => {
    expect(await firstOf({ recordedAt: new Date('2099-01-01') })).toMatch(
      new RegExp(
        `^${PUT_IN} is not in the journal, and was recorded in the future \\(expected: 20[^;]*Z or earlier; there is: 2099-01-01T00:00:00.000Z\\)\\.$`,
      ),
    );
  });

  it.each([
    [null, 'null has no canonical form'],
    [0.5, 'this number has no canonical form'],
  ])('names an event with %s in it, which no sealer can ever take', async (reference, reason) => {
    const data = { amount: 1n, currency: 'EUR', reference };
    const sentence = await firstOf({ type: 'MoneyDeposited', data, recordedAt: new Date(Date.now() + 30_000) });
    expect(sentence).toBe(
      `${PUT_IN} is not in the journal, and can never be (expected: a canonical form; there is: ${reason}).`,
    );
  });

  it('names a young event that is not sealed, where one that follows it in its stream is', async () => {
    await someBooks();
    const tamperer = new Tamperer(database);
    const event = await tamperer.find('events', { streamId: 'account-a', version: 2 });
    const last = await tamperer.find('events', { streamId: 'account-a', version: 3 });
    await sealed(async () => {
      await tamperer.insert('events', { ...last, _id: 'sealed', streamId: 'account-x', version: 2 });
    });
    await tamperer.insert('events', { ...event, _id: 'young', streamId: 'account-x', version: 1 });
    expect((await sentences())[0]).toBe(
      'events, stream account-x, version 1, event young: is not in the journal, and one that follows it is (expected: a position before that of version 2; there is: none).',
    );
  });

  it.each([
    [-86_400_000 - 60_000, 'was recorded long before an event that was sealed before it'],
    [86_400_000 + 60_000, 'was recorded long after it was sealed'],
  ])('names an event that was put in and sealed with a time that is %d ms off, and no other', async (off, problem) => {
    await someBooks();
    const tamperer = new Tamperer(database);
    const event = await tamperer.find('events', { streamId: 'account-a', version: 1 });
    const data = { ...(event.data as object), accountId: 'x' };
    const put = { ...event, _id: 'put-in', streamId: 'account-x', data, recordedAt: new Date(Date.now() + off) };
    await sealed(async () => {
      await tamperer.insert('events', put);
    });
    await sealed(() => submit(withdrawMoney('a', 1_00n)));
    const told = (await sentences()).filter((sentence) => sentence.includes('was recorded long'));
    expect(told).toEqual([expect.stringContaining(`version 1, event put-in: ${problem} (expected: `)]);
  });

  it('has nothing against a clock that was put back by an hour', async () => {
    await sealed(() => submit(openAccount('a', 100_00n)));
    const clock = { now: () => instant(Date.now() - 3_600_000) };
    await sealed(async () => {
      const { ledger, drain } = ledgerOver(database.storage, { clock });
      await ledger.submit(commandOf(openAccount('b')));
      await drain();
    });
    expect(await sentences()).toEqual([]);
  });

  it('names the withdrawal that a forged snapshot let pass, when the snapshot is gone and the rows are mended', async () => {
    const streamId = streamOf('a');
    const snapshots = database.connection.collection<{ _id: string }>('snapshots');
    await sealed(async () => {
      await submit(openAccount('a', 102_90n));
      const { account } = await accountAt(database.storage, streamId);
      if (!isOpened(account)) throw new Error('there is no account');
      const forged = snapshotOf({ ...account, ledgerBalance: minorUnits(9_000_00n) });
      await snapshots.insertOne({ ...forged, _id: 'forged', recordedAt: new Date(forged.recordedAt) } as never);
      await submit(withdrawMoney('a', 5_000_00n));
      await snapshots.deleteMany({});
    });
    const { code } = await runScript('rebuild', ['--switch'], { MONGODB_URI: database.uri });
    expect(code).toBe(0);
    const [sentence, ...others] = await sentences();
    expect(sentence).toMatch(
      /^events, stream account-a, version 3, event [\w-]+: leaves the account below its limit \(expected: available balance 0 or more; there is: available balance -489710\)\.$/,
    );
    expect(others).toEqual([]);
  });
});
