import type { Collection, Document } from 'mongodb';
import { Binary } from 'mongodb';
import { below, type Random } from '../../src/load/random.ts';
import type { TestDatabase } from './database.ts';

type Stored = Readonly<Record<string, unknown>> & { readonly _id: unknown };

/** What was done to a ledger behind its back, in words, and how to make it good again. */
export type Tampering = { readonly what: string; readonly undo: () => Promise<void> };

/** The same, and what the first bad place may be called. */
export type NamedTampering = Tampering & { readonly names: readonly string[] };

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

  /** One of everything that can be done. */
  anything(random: Random): Promise<NamedTampering> {
    const ways = [this.#changeAny, this.#changeAny, this.#removeAny, this.#insertAny, this.#exchangeAny, this.#cutAny];
    const way = ways[below(random, ways.length)] ?? this.#changeAny;
    return way.call(this, random);
  }

  /** Any member of any document that must not be another one. */
  async #changeAny(random: Random): Promise<NamedTampering> {
    const [name, members] = one(targets, random);
    const document = await this.#any(name, random);
    const member = one(
      members.filter((own) => document[own] !== undefined),
      random,
    );
    const done = await this.change(name, document, { [member]: altered(document[member], random) });
    return { ...done, what: `${done.what} in ${member}`, names: namesOf(name, document) };
  }

  async #removeAny(random: Random): Promise<NamedTampering> {
    const [name] = one(
      targets.filter(([, , mayBeMissing]) => !mayBeMissing),
      random,
    );
    const document = await this.#any(name, random);
    return { ...(await this.remove(name, document)), names: namesOf(name, document) };
  }

  /** A copy of any document, with an id of its own, at a version that nobody has or can have, or in a stream that there is not. */
  async #insertAny(random: Random): Promise<NamedTampering> {
    const name = one(insertable, random);
    const document = await this.#any(name, random);
    if (name === 'journal') return this.#insertBlock(document);
    if (name === 'journal_tiles') return this.#insertTile(document, random);
    const streamId = hasStreams.has(name) && random() < 0.5 && { streamId: `account-${FAR}`, version: 1 };
    // A value that no reader asks for.
    const odd = random() < 0.2 && { version: one([-1, 0, 'none', 0.5], random) };
    const copy = {
      ...document,
      _id: `${String(document._id)}-copy`,
      ...farVersions(name, document),
      ...streamId,
      ...odd,
    };
    return { ...(await this.insert(name, copy)), names: namesOf(name, copy) };
  }

  /** Far behind the last one, with a position that is free. */
  async #insertBlock(document: Stored): Promise<NamedTampering> {
    const block = document as Stored & { readonly eventIds: readonly string[] };
    const eventIds = block.eventIds.map((eventId) => `${eventId}-copy`);
    const far = (count: unknown): bigint => BigInt(Number(count) + FAR);
    const copy = { ...block, _id: far(block._id), firstPosition: far(block.firstPosition), eventIds };
    return { ...(await this.insert('journal', copy)), names: namesOf('journal', copy) };
  }

  /** Behind the last one of its level, or on a level that there is not. */
  async #insertTile(document: Stored, random: Random): Promise<NamedTampering> {
    const { level, index } = document._id as { readonly level: number; readonly index: bigint };
    const _id = random() < 0.5 ? { level, index: index + BigInt(FAR) } : { level: level + 5, index };
    const copy = { ...document, _id };
    return { ...(await this.insert('journal_tiles', copy)), names: namesOf('journal_tiles', copy) };
  }

  /** Two documents of a kind tell each other's story: two events in another order, two snapshots, two rows, two blocks. */
  async #exchangeAny(random: Random): Promise<NamedTampering> {
    const [name, members] = one(exchanges, random);
    const [left, right] = [await this.#any(name, random), await this.#any(name, random)];
    const contentOf = (document: Stored): string => JSON.stringify(members.map((member) => textOf(document[member])));
    if (contentOf(left) === contentOf(right)) return this.#exchangeAny(random);
    const taken = (from: Stored): Document => Object.fromEntries(members.map((member) => [member, from[member]]));
    // One of them is away while the other takes its place, for some members must be unique.
    await this.collection(name).deleteOne({ _id: right._id } as Document);
    const first = await this.change(name, left, taken(right));
    await this.#put(name, { ...right, ...taken(left) });
    return {
      what: `${name} ${idText(left)} and ${idText(right)}: ${members.join(', ')} exchanged`,
      names: [...namesOf(name, left), ...namesOf(name, right)],
      undo: async () => {
        await this.collection(name).deleteOne({ _id: right._id } as Document);
        await first.undo();
        await this.#put(name, right);
      },
    };
  }

  /** The end of a stream, of a statement or of the journal. */
  async #cutAny(random: Random): Promise<NamedTampering> {
    const [name, owner, order] = one(tails, random);
    const some = await this.#any(name, random);
    const filter = owner === '' ? {} : { [owner]: some[owner] };
    const last = this.collection(name)
      .find(filter)
      .sort({ [order]: -1 });
    const documents = (await last.limit(1 + below(random, 5)).toArray()) as Stored[];
    await this.collection(name).deleteMany({ _id: { $in: documents.map(({ _id }) => _id) } } as Document);
    return {
      what: `${name} ${documents.map(idText).join(', ')}: cut off`,
      names: documents.flatMap((document) => namesOf(name, document)),
      undo: async () => {
        for (const document of documents) await this.#put(name, document);
      },
    };
  }

  async #any(name: string, random: Random): Promise<Stored> {
    const count = await this.collection(name).countDocuments();
    const [found] = await this.collection(name).find().sort({ _id: 1 }).skip(below(random, count)).limit(1).toArray();
    return found as Stored;
  }

  async #put(name: string, document: Stored): Promise<void> {
    const options = { upsert: true, bypassDocumentValidation: true };
    await this.collection(name).replaceOne({ _id: document._id } as Document, document, options);
  }
}

const one = <T>(several: readonly T[], random: Random): T => {
  const chosen = several[below(random, several.length)];
  if (chosen === undefined) throw new Error('there is nothing to choose from');
  return chosen;
};

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? Number(member) : member));

const idText = ({ _id }: Stored): string => textOf(_id);

/** What a sentence calls the place of this document; a block that is bad may be noticed at the one behind it. */
const namesOf = (name: string, document: Stored): readonly string[] => {
  if (name === 'journal') {
    const number = Number(document._id);
    const first = Number(document.firstPosition);
    const events = (document.eventIds as readonly string[]).flatMap((id, index) => [
      `event ${id}`,
      `position ${first + index},`,
    ]);
    return [`block ${number},`, `block ${number + 1},`, 'tile ', 'was cut off', ...events];
  }
  if (name === 'journal_tiles') return [`tile ${Number((document._id as { index: bigint }).index)}`];
  if (name === 'snapshots') return [`stream ${String(document.streamId)},`, `row ${String(document._id)}`];
  if (name === 'accounts') return [`account ${String(document._id)},`, `row ${String(document._id)}`];
  return [String(document._id), ...(name === 'events' ? [`stream ${String(document.streamId)}`] : [])];
};

// Without what nothing vouches for: when a block was sealed, and with which token to go on. Snapshots and tiles may be missing.
const targets: readonly (readonly [name: string, members: readonly string[], mayBeMissing: boolean])[] = [
  ['events', ['streamId', 'version', 'type', 'schemaVersion', 'data', 'metadata', 'recordedAt', 'effectiveAt'], false],
  ['journal', ['firstPosition', 'treeSize', 'eventIds', 'leafHashes', 'rootHash', 'range', 'checkpoint'], false],
  ['journal', ['verifierKey'], false],
  ['journal_tiles', ['hashes', 'root'], true],
  ['snapshots', ['version', 'recordedAt', 'state', 'stateHash'], true],
  ['accounts', ['ownerId', 'currency', 'status', 'ledgerBalance', 'availableBalance', 'version', 'updatedAt'], false],
  ['statement_entries', ['accountId', 'version', 'type', 'amount', 'balanceAfter', 'backDated', 'effectiveAt'], false],
  ['holds', ['status', 'amount', 'capturedAmount', 'accountId', 'placedEventId', 'placedVersion', 'endedAt'], false],
  ['transfers', ['status', 'amount', 'reversedAmount', 'fromAccountId', 'fromEventId', 'toEventId'], false],
  ['transaction_ids', ['eventId'], false],
];

const exchanges: readonly (readonly [name: string, members: readonly string[]])[] = [
  ['events', ['streamId', 'version']],
  ['events', ['data']],
  ['events', ['recordedAt', 'effectiveAt']],
  ['journal', ['eventIds', 'leafHashes']],
  ['journal', ['rootHash', 'range', 'checkpoint']],
  ['snapshots', ['state', 'stateHash']],
  ['snapshots', ['streamId', 'version']],
  ['accounts', ['ledgerBalance', 'availableBalance', 'version']],
  ['statement_entries', ['amount', 'balanceAfter']],
  ['statement_entries', ['accountId', 'version']],
  ['transfers', ['fromEventId', 'toEventId']],
];

const tails: readonly (readonly [name: string, owner: string, order: string])[] = [
  ['events', 'streamId', 'version'],
  ['statement_entries', 'accountId', 'version'],
  ['journal', '', '_id'],
];

const insertable = [
  ...['events', 'snapshots', 'accounts', 'statement_entries', 'transfers', 'transaction_ids', 'holds'],
  ...['journal', 'journal_tiles'],
];

/** Versions that nobody has, in place of those of a document; the account itself has the one that it has. */
const farVersions = (name: string, document: Stored): Document => {
  const members = name === 'accounts' ? [] : ['version', 'placedVersion'];
  const versions = members.map((member) => [member, document[member]] as const);
  return Object.fromEntries(
    versions.flatMap(([member, version]) => (typeof version === 'number' ? [[member, version + FAR]] : [])),
  );
};

const hasStreams = new Set(['events', 'snapshots']);

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
