import { type AccountId, type StreamId, streamIdOf } from '../../domain/account/account-id.ts';
import { versionOf } from '../../domain/account/account-state.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import type { MinorUnits } from '../../domain/money/money.ts';
import { legsOf } from '../../domain/reversal/reversal.ts';
import { type TransferRow, transfersTable } from '../../projections/transfers/transfers.ts';
import type { Command, Wording } from '../commands/command.ts';
import { handlerOf } from '../commands/handlers.ts';
import type { LoadedAccount } from '../commit/account-cache.ts';
import { type Facts, lookUpFacts, type ReversedTotals } from '../commit/facts.ts';
import type { BatchBasis } from '../commit/working-set.ts';
import type { Storage } from '../ports/storage.ts';
import { accountAt } from '../replay/account-history.ts';
import { type Horizon, isKnown } from './horizon.ts';

/** Of what is only tried nobody is given an answer to keep. */
export const wordless: Wording = () => ({ status: 200, body: '' });

/** Every account that these commands are decided on. */
export const accountsAt = async (
  storage: Storage,
  commands: readonly Command[],
  { exactly, recordedBy }: Horizon,
): Promise<ReadonlyMap<StreamId, LoadedAccount>> => {
  const accounts = new Map<StreamId, LoadedAccount>();
  for (const [streamId, account] of exactly) accounts.set(streamId, { account, fresh: true });
  const until = recordedBy === undefined ? {} : { recordedAt: recordedBy };
  for (const streamId of commands.flatMap(({ wish }) => handlerOf(wish).streamsOf(wish))) {
    if (accounts.has(streamId)) continue;
    const other = await accountAt(storage, streamId, until);
    accounts.set(streamId, { account: other.account, fresh: true });
  }
  return accounts;
};

/** The leg of a transfer that tells best whether it is known: the one on the account itself. */
const legOn = (accountId: AccountId, { toAccountId, toEventId, fromEventId }: TransferRow): EventId =>
  (toAccountId === accountId ? toEventId : fromEventId) as EventId;

const factsAt = async (storage: Storage, commands: readonly Command[], horizon: Horizon): Promise<Facts> => {
  const { transactionIds, transferIds, holds } = await lookUpFacts(storage, commands);
  const transfers = await storage.table(transfersTable).getMany([...transferIds]);
  const wasUsedBy = async (eventId: EventId): Promise<boolean> => {
    const event = await storage.events.get(eventId);
    return event !== undefined && isKnown(horizon)(event);
  };
  const [used, usedTransfers] = [new Map(transactionIds), new Set(transferIds)];
  for (const [id, { eventId }] of transactionIds) if (!(await wasUsedBy(eventId as EventId))) used.delete(id);
  for (const transfer of transfers) {
    if (!(await wasUsedBy(legOn(horizon.accountId, transfer)))) usedTransfers.delete(transfer._id);
  }
  // Every command is about this account, and so is its hold: what has ended since is open again.
  const account = horizon.exactly.get(streamIdOf(horizon.accountId));
  const version = account ? versionOf(account) : Infinity;
  const ended = [...holds].filter(([, { endedVersion = Infinity }]) => endedVersion <= version);
  return { keys: new Map(), transactionIds: used, transferIds: usedTransfers, holds: new Map(ended) };
};

/** How much was reversed by then of what these commands want to reverse, as the leg on the account itself has it. */
const reversedTotalsAt = async (
  storage: Storage,
  commands: readonly Command[],
  horizon: Horizon,
): Promise<ReversedTotals> => {
  const totals = new Map<EventId, MinorUnits>();
  for (const { wish } of commands) {
    if (wish.type !== 'ReverseTransaction') continue;
    const own = legsOf(wish.original).find(({ accountId }) => accountId === horizon.accountId);
    const reversals = await storage.events.reversalsOf([own?.originalEventId ?? wish.original.eventId]);
    for (const { data } of reversals.filter(isKnown(horizon))) {
      if (data.reversedTotal > (totals.get(wish.original.eventId) ?? 0n))
        totals.set(wish.original.eventId, data.reversedTotal);
    }
  }
  return totals;
};

/** What these commands would have been decided on at a moment: for the very function that decides batches. */
export const basisAt = async (
  storage: Storage,
  commands: readonly Command[],
  horizon: Horizon,
): Promise<BatchBasis> => ({
  accounts: await accountsAt(storage, commands, horizon),
  facts: await factsAt(storage, commands, horizon),
  reversedTotals: await reversedTotalsAt(storage, commands, horizon),
  now: horizon.decidedAt,
  wording: wordless,
});
