import { Double, Int32, Long } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import { holdsTable } from '../../src/projections/holds/holds.ts';
import { statementEntriesTable } from '../../src/projections/statement-entries/statement-entries.ts';
import { transfersTable } from '../../src/projections/transfers/transfers.ts';
import { toDocument } from '../../src/storage/mongo/event-codec.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { moneyDeposited } from '../support/recorded-events.ts';
import { accountRow } from '../contract/fixture.ts';

type Document = { _id: string; [member: string]: unknown };

const time = new Date();

/** One sound document of each collection that has to do with money. */
const sound: Readonly<Record<string, Document>> = {
  events: { ...toDocument(moneyDeposited('a', 1, 5n)) },
  accounts: { ...accountRow('a') },
  statement_entries: {
    _id: 'entry',
    accountId: 'a',
    version: 2,
    type: 'MoneyDeposited',
    amount: 5n,
    currency: 'EUR',
    balanceAfter: 5n,
    backDated: false,
    recordedAt: time,
    effectiveAt: time,
  },
  transfers: {
    _id: 'transfer',
    status: 'completed',
    amount: 5n,
    reversedAmount: 0n,
    currency: 'EUR',
    fromAccountId: 'a',
    fromEventId: 'sent',
    fromVersion: 2,
    toAccountId: 'b',
    toEventId: 'received',
    recordedAt: time,
    effectiveAt: time,
  },
  holds: {
    _id: 'a/hold',
    accountId: 'a',
    holdId: 'hold',
    status: 'placed',
    amount: 5n,
    capturedAmount: 0n,
    currency: 'EUR',
    placedAt: time,
    placedEventId: 'placed',
    placedVersion: 2,
  },
  idempotency_keys: {
    _id: 'anonymous key',
    requestHash: 'hash',
    status: 201,
    body: '{}',
    eventIds: ['event'],
    expiresAt: new Date(Date.now() + 86_400_000),
  },
  transaction_ids: { _id: 'tx', eventId: 'event' },
  proposals: {
    _id: 'proposal',
    status: 'pending',
    wish: { type: 'DepositMoney', money: { amount: 5n, currency: 'EUR' } },
    amount: 5n,
    currency: 'EUR',
    proposedBy: 'key:maker',
    proposedAt: time,
    expiresAt: time,
  },
  snapshots: {
    _id: 'account-a/100',
    streamId: 'account-a',
    version: 100,
    recordedAt: time,
    foldVersion: 1,
    state: '{}',
    stateHash: 'hash',
  },
};

const refused = { name: 'MongoServerError', code: 121 };

/** Whatever writes to the store, however it gets there: what is no ledger document does not get in. */
describe('the validators of the store', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(async () => {
    await database.drop();
  });

  const insert = async (name: string, document: Document): Promise<void> => {
    await database.connection.collection<Document>(name).insertOne(document);
  };

  describe.each(Object.entries(sound))('%s', (name, document) => {
    it('take a sound document', () => insert(name, document));

    it('refuse it where any of its members is missing', async () => {
      for (const member of Object.keys(document).filter((member) => member !== '_id')) {
        const lacking = { ...document, _id: `without-${member}` };
        Reflect.deleteProperty(lacking, member);
        await expect(insert(name, lacking), member).rejects.toMatchObject(refused);
      }
    });

    it('refuse it with a member that nobody knows', async () => {
      const document2 = { ...document, _id: 'with-more', balance: 1n };
      await expect(insert(name, document2)).rejects.toMatchObject(refused);
    });

    it('refuse it where any member is of another type', async () => {
      for (const member of Object.keys(document).filter((member) => member !== '_id')) {
        await expect(
          insert(name, { ...document, _id: `null-${member}`, [member]: null }),
          member,
        ).rejects.toMatchObject(refused);
      }
    });
  });

  const amounts = Object.entries(sound).flatMap(([name, document]) =>
    Object.entries(document).flatMap(([member, value]) => (typeof value === 'bigint' ? [[name, member] as const] : [])),
  );

  it.each(amounts)('%s refuse a %s that is no int64', async (name, member) => {
    for (const amount of [new Double(5), new Int32(5), 5.5, '5', null]) {
      const document = { ...sound[name], _id: 'wrong-amount', [member]: amount };
      await expect(insert(name, document), String(amount)).rejects.toMatchObject(refused);
    }
    // At another place in its account than the sound one, where it has one.
    const document = sound[name] ?? {};
    const place = ['version', 'placedVersion'].filter((version) => version in document);
    const elsewhere = Object.fromEntries(place.map((version) => [version, 77]));
    const right = { ...document, _id: 'right-amount', ...elsewhere, [member]: Long.fromBigInt(5n) };
    await insert(name, right);
    await database.connection.collection<Document>(name).deleteOne({ _id: 'right-amount' });
  });

  it.each([new Double(5), new Int32(5), 5.5, 0n, -5n, '5', null])('events refuse the amount %s', async (amount) => {
    const document = { ...sound.events, _id: 'wrong-amount', version: 78, data: { amount, currency: 'EUR' } };
    await expect(insert('events', document)).rejects.toMatchObject(refused);
  });

  it('stand guard over changes as well', async () => {
    const accounts = database.connection.collection<Document>('accounts');
    await accounts.insertOne({ ...accountRow('guarded') });
    for (const change of [{ ledgerBalance: 1.5 }, { status: 'gone' }, { version: 0 }, { colour: 'red' }]) {
      await expect(accounts.updateOne({ _id: 'guarded' }, { $set: change })).rejects.toMatchObject(refused);
    }
  });

  it('and unique indexes are the same on the twins that a rebuild fills', async () => {
    const names = [accountsTable, statementEntriesTable, transfersTable, holdsTable];
    const shadow = await database.storage.openShadow(names, 'twins');
    const beside = databaseCalled(`${database.connection.name}_rebuild`);
    expect(await beside.listCollections().toArray()).toHaveLength(names.length);
    for (const { name } of names) {
      const twin = beside.collection<Document & { _id: string }>(`twins.${name}`);
      expect(await shapeOf(beside, `twins.${name}`)).toEqual(
        await shapeOf(databaseCalled(database.connection.name), name),
      );
      const odd = { ...sound[name], _id: 'odd', colour: 'red' };
      await expect(twin.insertOne(odd)).rejects.toMatchObject(refused);
    }
    const entry = sound.statement_entries as never;
    const insertTwice = database.storage.transactionally((work) =>
      shadow.table(statementEntriesTable).write(work, [
        { kind: 'insert', row: entry },
        { kind: 'insert', row: { ...(entry as Document), _id: 'the-same-place' } as never },
      ]),
    );
    await expect(insertTwice).rejects.toMatchObject({ name: 'VersionConflict' });
    await shadow.drop();
    expect(await beside.listCollections().toArray()).toEqual([]);
  });

  const databaseCalled = (name: string) => database.connection.getClient().db(name);

  const shapeOf = async (db: ReturnType<typeof databaseCalled>, name: string): Promise<unknown> => {
    const [found] = await db.listCollections({ name }).toArray();
    const indexes = await db.collection(name).indexes();
    // The others are there for readers of the live one, and a twin has none.
    const guarding = indexes.filter(({ name: index, unique }) => index === '_id_' || unique === true);
    return { options: (found as { options?: unknown } | undefined)?.options, indexes: guarding };
  };
});
