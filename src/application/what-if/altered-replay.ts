import type { Circumstances } from '../../domain/account/account-command.ts';
import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { accountIdOf } from '../../domain/account/account-id.ts';
import { type Account, isOpened, type OpenedAccount } from '../../domain/account/account-state.ts';
import { evolve } from '../../domain/account/evolve.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import { type MinorUnits, subtract } from '../../domain/money/money.ts';
import type { Change } from '../../projections/projection.ts';
import type { Command, Wish } from '../commands/command.ts';
import { handlerOf } from '../commands/handlers.ts';
import { decideBatch } from '../commit/decide-batch.ts';
import { type Facts, nothingUsed } from '../commit/facts.ts';
import type { BatchBasis } from '../commit/working-set.ts';
import type { Storage } from '../ports/storage.ts';
import type { Counterpart } from './counterpart.ts';
import { type Attempt, isCommand, knownTo } from './dry-run.ts';
import type { Horizon } from './horizon.ts';
import { accountsAt, basisAt, wordless } from './past-basis.ts';
import { wishOf } from './wish-of-event.ts';

/** One event of the real history, and what would have become of it. */
export type AlteredStep = {
  readonly event: RecordedEvent;
  readonly outcome: 'left_out' | 'changed' | 'kept' | 'rejected';
  /** Why it was refused. */
  readonly error?: DomainError;
  /** The account behind it, as it was. */
  readonly real: OpenedAccount;
  /** The account behind it, as it would have been; unopened where it never would have come to be. */
  readonly altered: Account;
};

type Happening = Pick<AlteredStep, 'outcome' | 'error'> & { readonly changes?: readonly Change[] };

/** The ids in the order in which the rules hand them out: of a transfer the sender first, of a reversal the event that is named. */
const idsFor = (wish: Wish, { streamId, eventId }: RecordedEvent, other: EventId): Circumstances['eventIds'] =>
  handlerOf(wish).streamsOf(wish)[0] === streamId ? [eventId, other] : [other, eventId];

/** What a command uses up, for those behind it. */
const usedBy = ({ wish, envelope: { transactionId, eventIds } }: Command): Facts => {
  const transferId = handlerOf(wish).newTransferId?.(wish);
  return {
    keys: new Map(),
    transactionIds: new Map(
      transactionId === undefined ? [] : [[transactionId, { _id: transactionId, eventId: eventIds[0] }]],
    ),
    transferIds: new Set(transferId === undefined ? [] : [transferId]),
    // Whether a hold is open the account itself says.
    holds: new Map(),
  };
};

/** A command in the place of an event: what names the event names what it did. */
const inPlaceOf = (event: RecordedEvent, counterpart: Counterpart | undefined, command: Command): Command => {
  const { wish, envelope } = command;
  const eventIds = idsFor(wish, event, counterpart?.eventId ?? envelope.eventIds[1]);
  return { wish, envelope: { ...envelope, eventIds } };
};

const rejectionOr = (wish: () => Wish): Wish | DomainError => {
  try {
    return wish();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
};

type Decided = { readonly changes: readonly Change[] } | { readonly outcome: 'rejected'; readonly error: DomainError };

/** What the rules say to it, as far as the account of the event is concerned. */
const decide = ({ streamId, type }: RecordedEvent, command: Command, basis: BatchBasis): Decided => {
  const [decision] = decideBatch([[command]], basis);
  if (decision?.kind === 'rejected') return { outcome: 'rejected', error: decision.error };
  const recordings = decision?.recordings ?? [];
  const changes = recordings.flatMap((recording) =>
    recording.changes.filter(({ event }) => event.streamId === streamId),
  );
  if (changes.length === 0) throw new Error(`${type} decided again is about another account`);
  return { changes };
};

/**
 * The history of one account once more, with one event altered: every event is asked for again and decided on what those before it
 * leave behind, at the time at which it was recorded. Other accounts stay as they were.
 */
export class AlteredReplay {
  #real: Account;
  #altered: Account;
  /** Events as they are in the altered history; undefined where they did not happen in it. */
  readonly #events = new Map<EventId, RecordedEvent | undefined>();
  readonly #reversedTotals = new Map<EventId, MinorUnits>();
  /** What was used up in place of the altered event. */
  #facts = nothingUsed;

  constructor(
    private readonly storage: Storage,
    start: Account,
  ) {
    this.#real = start;
    this.#altered = start;
  }

  /** The first event, left out. */
  leaveOut(event: RecordedEvent): AlteredStep {
    this.#undo(event);
    return this.#behind(event, { outcome: 'left_out' });
  }

  /** The first event, with something else in its place. */
  async replace(event: RecordedEvent, counterpart: Counterpart | undefined, attempt: Attempt): Promise<AlteredStep> {
    this.#undo(event);
    const horizon = this.#horizonAt(event, counterpart);
    const asked = knownTo(horizon)(attempt);
    if (!isCommand(asked)) return this.#behind(event, { outcome: 'rejected', error: asked });
    const command = inPlaceOf(event, counterpart, asked);
    const decided = decide(event, command, await basisAt(this.storage, [command], horizon));
    if ('changes' in decided) this.#facts = usedBy(command);
    return this.#behind(event, { outcome: 'changed', ...decided });
  }

  /** The next event of the real history, with the account on its other side. */
  async step(event: RecordedEvent, counterpart: Counterpart | undefined): Promise<AlteredStep> {
    this.#undo(event);
    const wish = await this.#wishBehind(event);
    if (wish instanceof DomainError) return this.#behind(event, { outcome: 'rejected', error: wish });
    const { correlationId, actor, transactionId } = event.metadata;
    const eventIds = idsFor(wish, event, counterpart?.eventId ?? event.eventId);
    const envelope = { correlationId, actor, eventIds, ...(transactionId !== undefined && { transactionId }) };
    const command = { wish, envelope };
    const basis = {
      accounts: await accountsAt(this.storage, [command], this.#horizonAt(event, counterpart)),
      reversedTotals: this.#reversedTotals,
      facts: this.#facts,
      now: event.recordedAt,
      wording: wordless,
    };
    return this.#behind(event, { outcome: 'kept', ...decide(event, command, basis) });
  }

  #horizonAt({ streamId, recordedAt }: RecordedEvent, counterpart: Counterpart | undefined): Horizon {
    const exactly = new Map([[streamId, this.#altered]]);
    if (counterpart) exactly.set(counterpart.streamId, counterpart.account);
    return { accountId: accountIdOf(streamId), exactly, decidedAt: recordedAt, recordedBy: recordedAt };
  }

  /** The wish that it fulfilled, about the original as it is in the altered history. */
  async #wishBehind(event: RecordedEvent): Promise<Wish | DomainError> {
    if (event.type !== 'TransactionReversed') return wishOf(event, undefined);
    const { originalEventId } = event.data;
    const original = this.#events.has(originalEventId)
      ? this.#events.get(originalEventId)
      : await this.storage.events.get(originalEventId);
    if (!original) return new DomainError('EVENT_NOT_FOUND', { eventId: originalEventId });
    return rejectionOr(() => wishOf(event, original));
  }

  /** Whatever the event did has not been done, and is not yet done otherwise. */
  #undo(event: RecordedEvent): void {
    this.#events.set(event.eventId, undefined);
    if (event.type !== 'TransactionReversed') return;
    const { originalEventId, reversedTotal, amount } = event.data;
    // What was reversed before stays reversed, though this reversal does not happen.
    if (!this.#reversedTotals.has(originalEventId)) {
      this.#reversedTotals.set(originalEventId, subtract(reversedTotal, amount));
    }
  }

  #behind(event: RecordedEvent, { changes = [], ...happening }: Happening): AlteredStep {
    const real = evolve(this.#real, event);
    if (!isOpened(real)) throw new Error(`${event.eventId} is of an account that was never opened`);
    this.#real = real;
    for (const { event: done, after } of changes) {
      this.#altered = after;
      this.#events.set(done.eventId, done);
      if (done.type === 'TransactionReversed') {
        this.#reversedTotals.set(done.data.originalEventId, done.data.reversedTotal);
      }
    }
    return { event, ...happening, real, altered: this.#altered };
  }
}
