import { idempotencyKeysTable, transactionIdsTable } from '../../src/application/commit/claims.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { Row, RowWrite, TableName } from '../../src/application/ports/table.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import type { StreamId } from '../../src/domain/account/account-id.ts';
import { type Account, availableBalance, initialState, isOpened } from '../../src/domain/account/account-state.ts';
import { evolve, postingOf } from '../../src/domain/account/evolve.ts';
import { projections } from '../../src/projections/index.ts';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';

/** What is wrong with a ledger: empty for one that is sound. */
export type Faults = readonly string[];

const allRows = async <R extends Row>(storage: Storage, name: TableName<R>): Promise<readonly R[]> => {
  const table = storage.table<Row>(name);
  const rows: R[] = [];
  for (;;) {
    const last = rows.at(-1);
    const after = last && [last._id];
    const page = (await table.range({ order: ['_id'], limit: 1_000, ...(after && { after }) })) as readonly R[];
    rows.push(...page);
    if (page.length < 1_000) return rows;
  }
};

const allEvents = async (storage: Storage): Promise<ReadonlyMap<StreamId, readonly RecordedEvent[]>> => {
  const streams = new Map<StreamId, readonly RecordedEvent[]>();
  for await (const { streamId } of storage.events.heads()) {
    streams.set(streamId, await storage.events.read(streamId, { after: 0, limit: 1_000_000 }));
  }
  return streams;
};

const inText = (value: unknown): string =>
  JSON.stringify(value, (_, cell: unknown) => {
    if (typeof cell === 'bigint') return `${cell}n`;
    if (typeof cell !== 'object' || cell === null || Array.isArray(cell)) return cell;
    return Object.fromEntries(Object.entries(cell).sort(([left], [right]) => (left < right ? -1 : 1)));
  });

/** The read models as the events alone would have them: written here with nothing but a Map, so that no storage is trusted. */
class ReadModelsByHand {
  readonly tables = new Map<string, Map<string, Row>>(projections.map(({ table }) => [table.name, new Map()]));

  write({ name }: TableName<Row>, write: RowWrite<Row>): void {
    const rows = this.tables.get(name);
    if (write.kind === 'patch') {
      const row = rows?.get(write.id);
      if (row) rows?.set(write.id, { ...row, ...write.set });
    } else if (write.kind === 'insert' || write.kind === 'put') rows?.set(write.row._id, write.row);
    else throw new Error(`a projection never makes a ${write.kind}`);
  }
}

const foldStream = (streamId: StreamId, events: readonly RecordedEvent[], models: ReadModelsByHand): Faults => {
  const faults: string[] = [];
  let before: Account = initialState();
  events.forEach((event, index) => {
    if (event.version !== index + 1) faults.push(`${streamId}: version ${event.version} stands at place ${index + 1}`);
    const after = evolve(before, event);
    if (!isOpened(after)) {
      faults.push(`${streamId}: ${event.type} on an account that was never opened`);
      return;
    }
    if (isOpened(before) && event.recordedAt < before.recordedAt) faults.push(`${streamId}: time runs backwards`);
    if (availableBalance(after) < 0n) faults.push(`${streamId}: overdrawn at version ${event.version}`);
    for (const { table, project } of projections) {
      for (const write of project({ event, before, after })) models.write(table, write);
    }
    before = after;
  });
  return faults;
};

const compareReadModels = async (storage: Storage, models: ReadModelsByHand): Promise<Faults> => {
  const faults: string[] = [];
  for (const { table } of projections) {
    const expected = models.tables.get(table.name) ?? new Map<string, Row>();
    const found = new Map((await allRows(storage, table)).map((row) => [row._id, row]));
    for (const id of new Set([...expected.keys(), ...found.keys()])) {
      const [wanted, there] = [inText(expected.get(id)), inText(found.get(id))];
      if (wanted !== there) faults.push(`${table.name} ${id}: events say ${wanted}, the row says ${there}`);
    }
  }
  return faults;
};

type TransferEvent = RecordedEvent & { readonly type: 'TransferSent' | 'TransferReceived' };

const isLeg = (event: RecordedEvent | undefined): event is TransferEvent =>
  event?.type === 'TransferSent' || event?.type === 'TransferReceived';

/** What two legs of one transfer have in common; the rest must cross over. */
const wholeOf = ({ data }: TransferEvent): string => `${data.transferId} ${data.amount} ${data.currency}`;

const belongTogether = (leg: TransferEvent, other: RecordedEvent | undefined): boolean =>
  isLeg(other) &&
  other.type !== leg.type &&
  other.data.counterpartEventId === leg.eventId &&
  wholeOf(other) === wholeOf(leg);

/** Both legs of each transfer, of the same amount and naming each other; and of each reversal of one. */
const halfTransfers = (events: readonly RecordedEvent[]): Faults => {
  const byId = new Map(events.map((event) => [event.eventId, event]));
  const half = events.filter(isLeg).filter((leg) => !belongTogether(leg, byId.get(leg.data.counterpartEventId)));
  const reversed = events.filter(({ type, data }) => type === 'TransactionReversed' && 'transferId' in data);
  return [
    ...half.map(({ data }) => `transfer ${data.transferId} is there by half`),
    ...(reversed.length % 2 === 0 ? [] : ['the reversal of a transfer is there by half']),
  ];
};

const reversedTooMuch = (events: readonly RecordedEvent[]): Faults => {
  const totals = new Map<string, { sum: bigint; original: bigint }>();
  for (const event of events) {
    if (event.type !== 'TransactionReversed') continue;
    const { originalEventId, originalAmount, amount } = event.data;
    const sum = (totals.get(originalEventId)?.sum ?? 0n) + amount;
    totals.set(originalEventId, { sum, original: originalAmount });
  }
  return [...totals]
    .filter(([, { sum, original }]) => sum > original)
    .map(([id]) => `${id} was reversed beyond itself`);
};

/** Every key and transaction id names exactly the events that carry it. */
const misusedIds = async (storage: Storage, events: readonly RecordedEvent[]): Promise<Faults> => {
  const byKey = new Map<string, string[]>();
  for (const { eventId, metadata } of events) {
    if (metadata.idempotencyKey === undefined) continue;
    const key = `${metadata.approvedBy ?? metadata.actor} ${metadata.idempotencyKey}`;
    byKey.set(key, [...(byKey.get(key) ?? []), eventId]);
  }
  const keyRows = new Map((await allRows(storage, idempotencyKeysTable)).map((row) => [row._id, row.eventIds]));
  const wrongKeys = [...new Set([...byKey.keys(), ...keyRows.keys()])].filter(
    (key) => inText([...(byKey.get(key) ?? [])].sort()) !== inText([...(keyRows.get(key) ?? [])].sort()),
  );
  const used = new Map<string, Set<string>>();
  for (const { metadata } of events) {
    if (metadata.transactionId === undefined) continue;
    const commands = used.get(metadata.transactionId) ?? new Set();
    used.set(metadata.transactionId, commands.add(metadata.correlationId));
  }
  const rows = new Set((await allRows(storage, transactionIdsTable)).map(({ _id }) => _id));
  const wrongIds = [...new Set([...used.keys(), ...rows])].filter((id) => used.get(id)?.size !== 1 || !rows.has(id));
  return [
    ...wrongKeys.map((key) => `the key ${key} names other events than those that carry it`),
    ...wrongIds.map((id) => `the transaction id ${id} was used ${used.get(id)?.size ?? 0} times`),
  ];
};

export type VerifiedLedger = {
  readonly faults: Faults;
  readonly events: readonly RecordedEvent[];
  /** The sum of all ledger balances in the read model, and of everything that came in and went out by the events. */
  readonly balances: bigint;
  readonly postings: bigint;
};

/**
 * Holds everything that the ledger keeps against its events: versions are dense, nobody is overdrawn, no transfer is there by half,
 * every read model is the fold of the events to the cell, every key and transaction id counts once, no money came or went.
 */
export const verifyLedger = async (storage: Storage): Promise<VerifiedLedger> => {
  const streams = await allEvents(storage);
  const models = new ReadModelsByHand();
  const faults: string[] = [];
  for (const [streamId, events] of streams) faults.push(...foldStream(streamId, events, models));
  const events = [...streams.values()].flat();
  faults.push(...halfTransfers(events), ...reversedTooMuch(events), ...(await misusedIds(storage, events)));
  faults.push(...(await compareReadModels(storage, models)));
  const balances = (await allRows(storage, accountsTable)).reduce((sum, row) => sum + row.ledgerBalance, 0n);
  const postings = events.reduce((sum, event) => sum + (postingOf(event) ?? 0n), 0n);
  if (balances !== postings) faults.push(`the balances are ${balances}, the postings ${postings}`);
  return { faults, events, balances, postings };
};
