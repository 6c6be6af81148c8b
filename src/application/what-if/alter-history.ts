import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { Account, OpenedAccount } from '../../domain/account/account-state.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import type { Wish } from '../commands/command.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { accountKnownAt, type Known } from '../queries/find-account.ts';
import { accountAt } from '../replay/account-history.ts';
import { AlteredReplay, type AlteredStep } from './altered-replay.ts';
import { type Counterpart, counterpartOf } from './counterpart.ts';
import type { Attempt } from './dry-run.ts';
import { wishOf } from './wish-of-event.ts';

/** Events that are replayed, at most. */
export const MOST_REPLAYED = 1_000;

// What must be looked up takes a connection of the pool, which others want, too.
const AT_ONCE = 8;

export type AlteredHistory = {
  readonly steps: readonly AlteredStep[];
  /** The account behind the last event, as it was. */
  readonly real: OpenedAccount;
  /** The account behind the last event, as it would have been; unopened where it never would have come to be. */
  readonly altered: Account;
};

/** One event to think away, or something to think in its place. */
export type Alteration = {
  readonly eventId: EventId;
  /** What would have been asked for instead, given what was. Rejects with NOT_CHANGEABLE. Left out: nothing. */
  readonly instead?: (event: RecordedEvent, wish: Wish) => Promise<Attempt>;
};

/** Rejects with EVENT_NOT_FOUND. */
const findEvent = async (storage: Storage, end: OpenedAccount, { eventId }: Alteration): Promise<RecordedEvent> => {
  const event = await storage.events.get(eventId);
  const isThere = event?.streamId === streamIdOf(end.accountId) && event.version <= end.version;
  if (!event || !isThere) throw new DomainError('EVENT_NOT_FOUND', { eventId });
  return event;
};

/** Undefined where nothing is to be in its place. Rejects with NOT_CHANGEABLE. */
const attemptFor = async (
  storage: Storage,
  event: RecordedEvent,
  { instead }: Alteration,
): Promise<Attempt | undefined> => {
  if (!instead) return undefined;
  const original =
    event.type === 'TransactionReversed' ? await storage.events.get(event.data.originalEventId) : undefined;
  return instead(event, wishOf(event, original));
};

const replayAll = async (
  storage: Storage,
  events: readonly RecordedEvent[],
  stepOf: (event: RecordedEvent, counterpart: Counterpart | undefined) => Promise<AlteredStep>,
): Promise<readonly AlteredStep[]> => {
  const steps: AlteredStep[] = [];
  for (let start = 0; start < events.length; start += AT_ONCE) {
    const few = events.slice(start, start + AT_ONCE);
    const counterparts = await Promise.all(few.map((event) => counterpartOf(storage, event)));
    for (const [index, event] of few.entries()) steps.push(await stepOf(event, counterparts[index]));
    // Others need not wait behind all of it.
    await nextTurn();
  }
  return steps;
};

/**
 * The real history of an account with one event left out, changed or replaced, up to a moment: what would have become of every event since,
 * decided again by today's rules. Other accounts stay as they were. Nothing is written. Rejects with EFFECTIVE_IN_FUTURE,
 * ACCOUNT_NOT_FOUND, EVENT_NOT_FOUND, NOT_CHANGEABLE, HISTORY_TOO_LONG, in this order.
 */
export const alterHistory =
  (storage: Storage, clock: Clock) =>
  async (accountId: AccountId, known: Known, alteration: Alteration): Promise<AlteredHistory> => {
    const real = await accountKnownAt(storage, clock, { accountId, known });
    const first = await findEvent(storage, real, alteration);
    const attempt = await attemptFor(storage, first, alteration);
    const after = first.version - 1;
    if (real.version - after > MOST_REPLAYED) {
      const events = (real.version - after).toString();
      throw new DomainError('HISTORY_TOO_LONG', { events, limit: MOST_REPLAYED.toString() });
    }
    const streamId = streamIdOf(accountId);
    const { account: start } = await accountAt(storage, streamId, { version: after });
    const events = await storage.events.read(streamId, { after, upTo: real.version, limit: MOST_REPLAYED });
    const replay = new AlteredReplay(storage, start);
    const steps = await replayAll(storage, events, async (event, counterpart) => {
      if (event.eventId !== first.eventId) return replay.step(event, counterpart);
      return attempt ? replay.replace(event, counterpart, attempt) : replay.leaveOut(event);
    });
    return { steps, real, altered: steps.at(-1)?.altered ?? start };
  };
