import type { Command } from '../../src/application/commands/command.ts';
import { handlerOf } from '../../src/application/commands/handlers.ts';
import {
  idempotencyKeyIdOf,
  type IdempotencyKeyRow,
  type TransactionIdRow,
} from '../../src/application/commit/claims.ts';
import type { BatchBasis } from '../../src/application/commit/working-set.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import { accountIdOf, type StreamId } from '../../src/domain/account/account-id.ts';
import { type Account, initialState } from '../../src/domain/account/account-state.ts';
import { evolve } from '../../src/domain/account/evolve.ts';
import type { EventId } from '../../src/domain/event/event-id.ts';
import { endedBy } from '../../src/domain/hold/hold.ts';
import type { MinorUnits } from '../../src/domain/money/money.ts';
import { holdRowId, holdRowOf, type HoldRow } from '../../src/projections/holds/holds.ts';
import type { Witnessed } from '../witness.ts';

/** Values that something has had, and from which place of the log on. */
class Timeline<V> {
  readonly #values = new Map<string, { readonly place: number; readonly value: V }[]>();

  set(name: string, place: number, value: V): void {
    const values = this.#values.get(name);
    if (values) values.push({ place, value });
    else this.#values.set(name, [{ place, value }]);
  }

  /** The last one that was set by an event in front of this place. */
  before(name: string, place: number): V | undefined {
    return this.#values.get(name)?.findLast((one) => one.place < place)?.value;
  }
}

/** Where accounts were read, and where what belongs to them was. */
export type Places = { readonly accounts: number; readonly facts: number };

export type Placed = { readonly event: RecordedEvent; readonly place: number };

/** The ledger as it was in front of any event, from the log alone. Places count from 0. */
export class Past {
  readonly #accounts = new Timeline<Account>();
  readonly #reversedTotals = new Timeline<MinorUnits>();
  readonly #keys = new Timeline<IdempotencyKeyRow>();
  readonly #transactionIds = new Timeline<TransactionIdRow>();
  readonly #transferIds = new Timeline<true>();
  readonly #holds = new Timeline<HoldRow>();
  readonly #placed = new Map<string, Placed>();

  constructor(
    private readonly log: readonly Witnessed[],
    keys: ReadonlyMap<string, IdempotencyKeyRow>,
  ) {
    log.forEach(({ event }, place) => {
      this.#placed.set(event.eventId, { event, place });
      this.#follow(event, place);
      this.#claim(event, place, keys);
    });
  }

  find(eventId: EventId): Placed | undefined {
    return this.#placed.get(eventId);
  }

  /** The first event that was committed at this time or later. */
  placeAt(time: number): number {
    const place = this.log.findIndex(({ at }) => at >= time);
    return place === -1 ? this.log.length : place;
  }

  /** Behind the last event that was committed by then. */
  placeBehind(time: number): number {
    return this.log.findLastIndex(({ at }) => at <= time) + 1;
  }

  /** What these commands would have been decided on: the accounts in front of one place, and what was used before in front of another. */
  before(places: Places, commands: readonly Command[]): Omit<BatchBasis, 'now' | 'wording'> {
    const found = <V>(
      timeline: Timeline<V>,
      names: readonly (string | undefined)[],
      place = places.facts,
    ): Map<string, V> =>
      new Map(
        names.flatMap((name) => {
          const value = name === undefined ? undefined : timeline.before(name, place);
          return name === undefined || value === undefined ? [] : [[name, value] as const];
        }),
      );
    const handled = commands.map(({ wish, envelope }) => ({ wish, envelope, handler: handlerOf(wish) }));
    const streams = handled.flatMap(({ wish, handler }) => handler.streamsOf(wish));
    const holds = handled.map(({ wish, handler }) => handler.holdOf?.(wish)).map((hold) => hold && holdRowId(hold));
    const reversed = handled.map(({ wish, handler }) => handler.reversalOf?.(wish));
    const accounts = [...found(this.#accounts, streams, places.accounts)].map(
      ([streamId, account]) => [streamId as StreamId, { account, fresh: true }] as const,
    );
    return {
      accounts: new Map(accounts),
      reversedTotals: found(this.#reversedTotals, reversed) as Map<EventId, MinorUnits>,
      facts: {
        keys: found(
          this.#keys,
          commands.map(({ envelope }) => idempotencyKeyIdOf(envelope)),
        ),
        transactionIds: found(
          this.#transactionIds,
          commands.map(({ envelope }) => envelope.transactionId),
        ),
        transferIds: new Set(
          found(
            this.#transferIds,
            handled.map(({ wish, handler }) => handler.newTransferId?.(wish)),
          ).keys(),
        ),
        holds: found(this.#holds, holds),
      },
    };
  }

  #follow(event: RecordedEvent, place: number): void {
    const { streamId } = event;
    const account = evolve(this.#accounts.before(streamId, place) ?? initialState(), event);
    this.#accounts.set(streamId, place, account);
    if (event.type === 'TransactionReversed') {
      this.#reversedTotals.set(event.data.originalEventId, place, event.data.reversedTotal);
    }
    if (event.type === 'TransferSent') this.#transferIds.set(event.data.transferId, place, true);
    this.#followHold(event, place);
  }

  #followHold(event: RecordedEvent, place: number): void {
    if (event.type === 'HoldPlaced') this.#holds.set(this.#holdOf(event, event.data.holdId), place, holdRowOf(event));
    const ended = endedBy(event);
    if (!ended) return;
    const hold = this.#holdOf(event, ended.holdId);
    const row = this.#holds.before(hold, place);
    if (row) this.#holds.set(hold, place, { ...row, status: ended.ending });
  }

  #claim({ eventId, metadata }: RecordedEvent, place: number, keys: ReadonlyMap<string, IdempotencyKeyRow>): void {
    const { actor, idempotencyKey, transactionId } = metadata;
    const row = keys.get(`${actor} ${idempotencyKey}`);
    if (row && row.eventIds[0] === eventId) this.#keys.set(row._id, place, row);
    if (transactionId !== undefined && this.#transactionIds.before(transactionId, place) === undefined) {
      this.#transactionIds.set(transactionId, place, { _id: transactionId, eventId });
    }
  }

  #holdOf({ streamId }: RecordedEvent, holdId: Parameters<typeof holdRowId>[0]['holdId']): string {
    return holdRowId({ accountId: accountIdOf(streamId), holdId });
  }
}
