import { BSON } from 'mongodb';
import type { Command } from '../../src/application/commands/command.ts';
import type { ReadModels, Storage } from '../../src/application/ports/storage.ts';
import { tableName } from '../../src/application/ports/table.ts';
import { DomainError } from '../../src/domain/domain-error.ts';
import type { EventId } from '../../src/domain/event/event-id.ts';
import { minorUnits, type Money } from '../../src/domain/money/money.ts';
import type { Currency } from '../../src/domain/money/currency.ts';
import type { Wish } from '../../src/application/commands/command.ts';
import { openMemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { openTestDatabase } from './database.ts';
import type { Ask, Request } from './model-requests.ts';
import { commandFor, type TestLedger } from './test-ledger.ts';
import {
  captureHold,
  changeOverdraftLimit,
  closeAccount,
  depositMoney,
  expireHold,
  freezeAccount,
  openAccount,
  placeHold,
  releaseHold,
  transferMoney,
  unfreezeAccount,
  withdrawMoney,
} from './wishes.ts';

/** A storage to run properties on, as often as they want, empty each time. */
export type Place = {
  readonly storage: Storage;
  /** Every row of a table as it is stored, by id: bytes in hexadecimal digits. */
  readonly bytesOf: (models: ReadModels, table: string) => Promise<readonly string[]>;
};

/** Opens places one after the other; `close` when no more are wanted. */
export type Places = { readonly open: () => Promise<Place>; readonly close: () => Promise<void> };

export const memoryPlaces = (): Promise<Places> =>
  Promise.resolve({
    open: () => {
      const bytesOf: Place['bytesOf'] = async (models, table) => {
        const rows = await models.table(tableName(table)).range({ order: ['_id'] });
        return rows.map((row) => Buffer.from(BSON.serialize(row)).toString('hex'));
      };
      return Promise.resolve({ storage: openMemoryStorage(), bytesOf });
    },
    close: () => Promise.resolve(),
  });

export const mongoPlaces = async (): Promise<Places> => {
  const { storage, connection, drop } = await openTestDatabase();
  const database = connection.getClient().db(connection.name);
  const shadows = connection.getClient().db(`${connection.name}_rebuild`);
  const namesOf = async (): Promise<readonly string[]> =>
    (await database.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  const bytesOf: Place['bytesOf'] = async (models, table) => {
    const collections = models === storage ? database : shadows;
    const names = (await collections.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    const name = names.find((one) => one === table || one.endsWith(`.${table}`)) ?? `no collection ${table}`;
    const documents = await collections.collection(name).find({}, { raw: true }).sort({ _id: 1 }).toArray();
    return documents.map((document) => Buffer.from(document as unknown as Uint8Array).toString('hex'));
  };
  const empty = async (): Promise<void> => {
    const names = (await namesOf()).filter((name) => name !== 'migrations');
    await Promise.all(names.map((name) => database.collection(name).deleteMany({})));
  };
  const open = async (): Promise<Place> => {
    await empty();
    return { storage, bytesOf };
  };
  return { open, close: drop };
};

const money = (amount: bigint, currency: string): Money => ({
  amount: minorUnits(amount),
  currency: currency as Currency,
});

const dated = (at: number | undefined) => at !== undefined && { effectiveAt: at };

const openingOf = ({ account, currency, limit, deposit, at }: Ask & { kind: 'open' }): Wish =>
  openAccount({
    accountId: account,
    currency,
    overdraftLimit: limit,
    ...(deposit !== undefined && { initialDeposit: { amount: deposit } }),
    ...dated(at),
  });

/** The same wish as the ledger takes it. Rejects with EVENT_NOT_FOUND, NOT_REVERSIBLE, as asking for a reversal does. */
const wishOf = async ({ queries }: TestLedger, ask: Ask): Promise<Wish> => {
  switch (ask.kind) {
    case 'open':
      return openingOf(ask);
    case 'deposit':
      return depositMoney(money(ask.amount, ask.currency), { accountId: ask.account, ...dated(ask.at) });
    case 'withdraw':
      return withdrawMoney(money(ask.amount, ask.currency), { accountId: ask.account, ...dated(ask.at) });
    case 'transfer': {
      const parties = { transferId: ask.id, from: ask.from, to: ask.to };
      return transferMoney(money(ask.amount, ask.currency), { ...parties, ...dated(ask.at) });
    }
    case 'reverse': {
      const original = await queries.findReversibleEvent(ask.eventId as EventId);
      const part = ask.amount !== undefined && { amount: minorUnits(ask.amount) };
      return { type: 'ReverseTransaction', original, reason: 'a mistake', ...part };
    }
    case 'place':
    case 'capture':
    case 'release':
    case 'expire':
      return holdWishOf(ask);
    default:
      return changeOf(ask);
  }
};

const holdWishOf = (ask: Extract<Ask, { kind: 'place' | 'capture' | 'release' | 'expire' }>): Wish => {
  const named = { accountId: ask.account, holdId: ask.hold };
  switch (ask.kind) {
    case 'place':
      return placeHold(money(ask.amount, ask.currency), {
        ...named,
        ...(ask.until !== undefined && { expiresAt: ask.until }),
      });
    case 'capture':
      return captureHold({ ...named, ...(ask.amount !== undefined && { amount: ask.amount }) });
    case 'release':
      return releaseHold(named);
    case 'expire':
      return expireHold(named);
  }
};

const changeOf = (ask: Extract<Ask, { kind: 'freeze' | 'unfreeze' | 'close' | 'limit' }>): Wish => {
  const on = { accountId: ask.account };
  switch (ask.kind) {
    case 'freeze':
      return freezeAccount(on);
    case 'unfreeze':
      return unfreezeAccount(on);
    case 'close':
      return closeAccount(on);
    case 'limit':
      return changeOverdraftLimit(money(ask.limit, 'EUR'), on);
  }
};

/** The command of a request, or the code with which it does not become one. */
export const commandOfRequest = async (ledger: TestLedger, request: Request): Promise<Command | string> => {
  const { ask, key, transactionId, expectedVersion } = request;
  try {
    return commandFor(await wishOf(ledger, ask), {
      key,
      ...(transactionId !== undefined && { transactionId }),
      ...(expectedVersion !== undefined &&
        'account' in ask && { expected: { accountId: ask.account, versions: [expectedVersion] } }),
    });
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};

/** What the caller hears, in the words of the model. */
export const hearing = async ({ ledger }: TestLedger, command: Command | string): Promise<string> => {
  if (typeof command === 'string') return command;
  try {
    const { answer, replayed } = await ledger.submit(command);
    return replayed ? `replayed ${answer.body}` : answer.body;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};
