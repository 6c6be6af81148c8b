import type { EventId } from '../../domain/event/event-id.ts';
import type { MinorUnits } from '../../domain/money/money.ts';
import { holdRowId, type HoldRow, holdsTable } from '../../projections/holds/holds.ts';
import { transfersTable } from '../../projections/transfers/transfers.ts';
import { type ProposalRow, proposalsTable } from '../approval/proposal.ts';
import type { Command } from '../commands/command.ts';
import { handlerOf } from '../commands/handlers.ts';
import type { ReadModels, Storage } from '../ports/storage.ts';
import type { Row, TableName } from '../ports/table.ts';
import {
  idempotencyKeyIdOf,
  type IdempotencyKeyRow,
  idempotencyKeysTable,
  type TransactionIdRow,
  transactionIdsTable,
} from './claims.ts';

/** What was used before: the unique ids of these tables see to it that what is not here cannot be used twice. */
export type Facts = {
  readonly keys: ReadonlyMap<string, IdempotencyKeyRow>;
  readonly transactionIds: ReadonlyMap<string, TransactionIdRow>;
  readonly transferIds: ReadonlySet<string>;
  readonly holds: ReadonlyMap<string, HoldRow>;
};

export type FoundProposals = ReadonlyMap<string, ProposalRow>;

export type ReversedTotals = ReadonlyMap<EventId, MinorUnits>;

const found = async <R extends Row>(
  models: ReadModels,
  table: TableName<R>,
  ids: readonly (string | undefined)[],
): Promise<Map<string, R>> => {
  const wanted = ids.filter((id) => id !== undefined);
  const rows = wanted.length === 0 ? [] : await models.table(table).getMany(wanted);
  return new Map(rows.map((row) => [row._id, row]));
};

/** What is assumed of commands that nobody looked anything up for. */
export const nothingUsed: Facts = {
  keys: new Map(),
  transactionIds: new Map(),
  transferIds: new Set(),
  holds: new Map(),
};

/** Looks up which transaction ids, transfer ids and holds of these commands were used before, and then which keys. */
export const lookUpFacts = async (storage: Storage, commands: readonly Command[]): Promise<Facts> => {
  const envelopes = commands.map(({ envelope }) => envelope);
  const transferIds = commands.map(({ wish }) => handlerOf(wish).newTransferId?.(wish));
  const holdIds = commands.map(({ wish }) => handlerOf(wish).holdOf?.(wish)).map((hold) => hold && holdRowId(hold));
  // Outside any transaction, so these may run side by side.
  const [transactions, transfers, holds] = await Promise.all([
    found(
      storage,
      transactionIdsTable,
      envelopes.map(({ transactionId }) => transactionId),
    ),
    found(storage, transfersTable, transferIds),
    found(storage, holdsTable, holdIds),
  ]);
  // Not beside them: the same request may just be carried out elsewhere, and what it has used must not be found without its key.
  const keys = await found(storage, idempotencyKeysTable, envelopes.map(idempotencyKeyIdOf));
  return { keys, transactionIds: transactions, transferIds: new Set(transfers.keys()), holds };
};

/**
 * How much was reversed of the events that these commands want to reverse. Always read after the accounts: a total that is
 * newer than its account makes the commit conflict, an older one would let a reversal happen twice.
 */
export const lookUpReversedTotals = async (storage: Storage, commands: readonly Command[]): Promise<ReversedTotals> => {
  const eventIds = commands
    .map(({ wish }) => handlerOf(wish).reversalOf?.(wish))
    .filter((eventId) => eventId !== undefined);
  return eventIds.length === 0 ? new Map() : storage.events.reversedTotals(eventIds);
};

/** The proposals that these commands approve. One that is decided elsewhere in between makes the commit conflict. */
export const lookUpProposals = (storage: Storage, commands: readonly Command[]): Promise<FoundProposals> =>
  found(
    storage,
    proposalsTable,
    commands.map(({ envelope }) => envelope.approves?.proposalId),
  );
