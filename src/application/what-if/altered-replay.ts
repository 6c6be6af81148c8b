import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { Circumstances } from '../../domain/account/account-command.ts';
import { isOpened, type OpenedAccount } from '../../domain/account/account-state.ts';
import { evolve } from '../../domain/account/evolve.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { type MinorUnits, subtract } from '../../domain/money/money.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Change } from '../../projections/projection.ts';
import { type Decision, decideBatch } from '../commit/decide-batch.ts';
import { nothingUsed } from '../commit/facts.ts';
import type { BatchBasis } from '../commit/working-set.ts';
import type { Storage } from '../ports/storage.ts';
import type { Counterpart } from './counterpart.ts';
import { wordless } from './past-basis.ts';
import { wishOf } from './wish-of-event.ts';

/** One event to think away, or with `change` to think differently. */
export type Alteration = {
  readonly eventId: EventId;
  readonly change?: { readonly amount?: MinorUnits; readonly effectiveAt?: Instant };
};

/** One event of the real history, and what would have become of it. */
export type AlteredStep = {
  readonly event: RecordedEvent;
  readonly outcome: 'left_out' | 'changed' | 'kept' | 'rejected';
  /** Why it was refused. */
  readonly error?: DomainError;
  /** The account behind it, as it was. */
  readonly real: OpenedAccount;
  /** The account behind it, as it would have been. */
  readonly altered: OpenedAccount;
};

const withChange = (event: RecordedEvent, { amount, effectiveAt }: NonNullable<Alteration['change']>): RecordedEvent =>
  ({
    ...event,
    effectiveAt: effectiveAt ?? event.effectiveAt,
    data: { ...event.data, ...(amount !== undefined && { amount }) },
  }) as RecordedEvent;

/** The ids in the order in which the rules hand them out: the sender first, and of a reversal the event that is named. */
const idsOf = ({ type, eventId }: RecordedEvent, counterpart: Counterpart | undefined): Circumstances['eventIds'] => {
  const other = counterpart?.eventId ?? eventId;
  return type === 'TransferReceived' ? [other, eventId] : [eventId, other];
};

/**
 * The history of one account once more, with one event altered: every event is asked for again and decided on what those before it
 * leave behind, at the time at which it was recorded. Other accounts stay as they were.
 */
export class AlteredReplay {
  #real: OpenedAccount;
  #altered: OpenedAccount;
  /** Events as they are in the altered history; undefined where they did not happen in it. */
  readonly #events = new Map<EventId, RecordedEvent | undefined>();
  readonly #reversedTotals = new Map<EventId, MinorUnits>();

  constructor(
    private readonly storage: Storage,
    private readonly alteration: Alteration,
    start: OpenedAccount,
  ) {
    this.#real = start;
    this.#altered = start;
  }

  /** The next event of the real history, with the account on its other side. */
  async step(event: RecordedEvent, counterpart: Counterpart | undefined): Promise<AlteredStep> {
    const real = evolve(this.#real, event);
    if (isOpened(real)) this.#real = real;
    const { eventId, change } = this.alteration;
    const isAltered = event.eventId === eventId;
    if (isAltered && !change) return this.#without(event, { outcome: 'left_out' });
    const asked = isAltered && change ? withChange(event, change) : event;
    const happened = await this.#decide(event, asked, counterpart);
    if (happened instanceof DomainError) return this.#without(event, { outcome: 'rejected', error: happened });
    this.#events.set(event.eventId, happened.event);
    this.#altered = happened.after;
    return { event, outcome: isAltered ? 'changed' : 'kept', real: this.#real, altered: this.#altered };
  }

  #without(event: RecordedEvent, outcome: Pick<AlteredStep, 'outcome' | 'error'>): AlteredStep {
    this.#events.set(event.eventId, undefined);
    // What was reversed before stays reversed, though this reversal does not happen.
    if (event.type === 'TransactionReversed') {
      this.#reversedTotals.set(event.data.originalEventId, this.#reversedBefore(event));
    }
    return { event, ...outcome, real: this.#real, altered: this.#altered };
  }

  #reversedBefore({ data }: RecordedEvent & { readonly type: 'TransactionReversed' }): MinorUnits {
    return this.#reversedTotals.get(data.originalEventId) ?? subtract(data.reversedTotal, data.amount);
  }

  /** The original of a reversal, as it is in the altered history. */
  async #originalOf({ type, data }: RecordedEvent): Promise<RecordedEvent | undefined> {
    if (type !== 'TransactionReversed') return undefined;
    const { originalEventId } = data;
    return this.#events.has(originalEventId)
      ? this.#events.get(originalEventId)
      : this.storage.events.get(originalEventId);
  }

  /** What the rules say to the wish behind an event. */
  async #decide(
    event: RecordedEvent,
    asked: RecordedEvent,
    counterpart: Counterpart | undefined,
  ): Promise<Change | DomainError> {
    const original = await this.#originalOf(event);
    if (event.type === 'TransactionReversed' && !original) {
      return new DomainError('EVENT_NOT_FOUND', { eventId: event.data.originalEventId });
    }
    const { correlationId, actor } = event.metadata;
    const envelope = { correlationId, actor, eventIds: idsOf(event, counterpart) };
    const [decision] = decideBatch([[{ wish: wishOf(asked, original), envelope }]], this.#basisFor(event, counterpart));
    return decision?.kind === 'rejected' ? decision.error : this.#ownChange(event, decision);
  }

  #basisFor(event: RecordedEvent, counterpart: Counterpart | undefined): BatchBasis {
    const accounts = [{ streamId: event.streamId, account: this.#altered }, ...(counterpart ? [counterpart] : [])];
    return {
      accounts: new Map(accounts.map(({ streamId, account }) => [streamId, { account, fresh: true }])),
      reversedTotals: new Map(
        event.type === 'TransactionReversed' ? [[event.data.originalEventId, this.#reversedBefore(event)]] : [],
      ),
      facts: nothingUsed,
      now: event.recordedAt,
      wording: wordless,
    };
  }

  #ownChange({ streamId, type }: RecordedEvent, decision: Decision | undefined): Change {
    const recordings = decision?.kind === 'accepted' ? decision.recordings : [];
    const own = recordings.flatMap(({ changes }) => changes).find((change) => change.event.streamId === streamId);
    if (!own) throw new Error(`${type} decided again is about another account`);
    if (own.event.type === 'TransactionReversed') {
      this.#reversedTotals.set(own.event.data.originalEventId, own.event.data.reversedTotal);
    }
    return own;
  }
}
