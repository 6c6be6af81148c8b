import type { Collection, Document } from 'mongodb';
import { Binary } from 'mongodb';
import { below, type Random } from '../../src/load/random.ts';
import type { TestDatabase } from './database.ts';

type Stored = Readonly<Record<string, unknown>> & { readonly _id: unknown };

/** What was done to a ledger behind its back, in words, and how to make it good again. */
export type Tampering = { readonly what: string; readonly undo: () => Promise<void> };

/** Changes documents past the application and past every validator, and can put back what was there. */
export class Tamperer {
  constructor(private readonly database: TestDatabase) {}

  collection(name: string): Collection {
    const { connection } = this.database;
    return connection.getClient().db(connection.name).collection(name);
  }

  async find(name: string, filter: Document = {}, sort: Document = { _id: 1 }): Promise<Stored> {
    const [document] = await this.collection(name).find(filter).sort(sort).limit(1).toArray();
    if (!document) throw new Error(`nothing in ${name} is like that`);
    return document;
  }

  /** The document with these members in place of its own. */
  async change(name: string, document: Stored, members: Document): Promise<Tampering> {
    await this.#put(name, { ...document, ...members });
    return { what: `${name} ${idText(document)}: changed`, undo: () => this.#put(name, document) };
  }

  async remove(name: string, document: Stored): Promise<Tampering> {
    await this.collection(name).deleteOne({ _id: document._id } as Document);
    return { what: `${name} ${idText(document)}: removed`, undo: () => this.#put(name, document) };
  }

  async insert(name: string, document: Stored): Promise<Tampering> {
    await this.#put(name, document);
    const undo = async (): Promise<void> => {
      await this.collection(name).deleteOne({ _id: document._id } as Document);
    };
    return { what: `${name} ${idText(document)}: inserted`, undo };
  }

  /** Any member of any document that must not be another one, or a document that must be there. */
  async anything(random: Random): Promise<Tampering> {
    const target = targets[below(random, targets.length)];
    if (!target) throw new Error('there is nothing to change');
    const [name, members, mayBeRemoved] = target;
    const count = await this.collection(name).countDocuments();
    const [found] = await this.collection(name).find().sort({ _id: 1 }).skip(below(random, count)).limit(1).toArray();
    const document = found as Stored;
    if (mayBeRemoved && random() < 0.2) return this.remove(name, document);
    const own = members.filter((member) => document[member] !== undefined);
    const member = own[below(random, own.length)] ?? '';
    const { what, undo } = await this.change(name, document, { [member]: altered(document[member], random) });
    return { what: `${what} in ${member}`, undo };
  }

  async #put(name: string, document: Stored): Promise<void> {
    const options = { upsert: true, bypassDocumentValidation: true };
    await this.collection(name).replaceOne({ _id: document._id } as Document, document, options);
  }
}

const idText = ({ _id }: Stored): string =>
  JSON.stringify(_id, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));

// Without what nothing vouches for: when a block was sealed, and with which token to go on. Snapshots and tiles may be missing.
const targets: readonly [name: string, members: readonly string[], mayBeRemoved: boolean][] = [
  ['events', ['streamId', 'version', 'type', 'schemaVersion', 'data', 'metadata', 'recordedAt', 'effectiveAt'], true],
  ['journal', ['firstPosition', 'treeSize', 'eventIds', 'leafHashes', 'rootHash', 'range', 'checkpoint'], true],
  ['journal', ['verifierKey'], true],
  ['journal_tiles', ['hashes', 'root'], false],
  ['snapshots', ['version', 'recordedAt', 'state', 'stateHash'], false],
  ['accounts', ['ownerId', 'currency', 'status', 'ledgerBalance', 'availableBalance', 'version', 'updatedAt'], true],
  ['statement_entries', ['accountId', 'version', 'type', 'amount', 'balanceAfter', 'backDated', 'effectiveAt'], true],
  ['holds', ['status', 'amount', 'capturedAmount', 'accountId', 'placedEventId', 'placedVersion', 'endedAt'], true],
  ['transfers', ['status', 'amount', 'reversedAmount', 'fromAccountId', 'fromEventId', 'toEventId'], true],
];

const FAR = 1_000_000;

const alteredText = (text: string, random: Random): string => {
  const at = below(random, text.length);
  return `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
};

const alteredBytes = (bytes: Uint8Array, random: Random): Binary => {
  const copy = Buffer.from(bytes);
  const at = below(random, copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 8));
  return new Binary(copy);
};

const alteredMembers = (members: Document, random: Random): Document => {
  const names = Object.keys(members);
  const name = names[below(random, names.length)] ?? '';
  return { ...members, [name]: altered(members[name], random) };
};

/** The same kind of value, and another one. */
const altered = (value: unknown, random: Random): unknown => {
  if (typeof value === 'string') return alteredText(value, random);
  if (typeof value === 'bigint') return value + BigInt(FAR);
  if (typeof value === 'number') return value + FAR;
  if (typeof value === 'boolean') return !value;
  if (value instanceof Date) return new Date(value.getTime() - 1);
  if (value instanceof Binary) return alteredBytes(value.value(), random);
  if (Array.isArray(value)) return value.with(0, alteredText(String(value[0]), random));
  return alteredMembers(value as Document, random);
};
