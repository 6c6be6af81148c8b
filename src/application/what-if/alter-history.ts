import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import type { AccountEventType, RecordedEvent } from '../../domain/account/account-event.ts';
import { isOpened, type OpenedAccount } from '../../domain/account/account-state.ts';
import { postingOf } from '../../domain/account/evolve.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { accountKnownAt, type Known } from '../queries/find-account.ts';
import { accountAt } from '../replay/account-history.ts';
import { type Alteration, AlteredReplay, type AlteredStep } from './altered-replay.ts';
import { counterpartOf } from './counterpart.ts';

/** Events that are replayed, at most. */
export const MOST_REPLAYED = 1_000;

// What must be looked up takes a connection of the pool, which others want, too.
const AT_ONCE = 8;

export type AlteredHistory = {
  readonly steps: readonly AlteredStep[];
  /** The account behind the last event, as it was. */
  readonly real: OpenedAccount;
  /** The account behind the last event, as it would have been. */
  readonly altered: OpenedAccount;
};

/** Rejects with EVENT_NOT_FOUND. */
const findEvent = async (storage: Storage, end: OpenedAccount, { eventId }: Alteration): Promise<RecordedEvent> => {
  const event = await storage.events.get(eventId);
  const isThere = event?.streamId === streamIdOf(end.accountId) && event.version <= end.version;
  if (!event || !isThere) throw new DomainError('EVENT_NOT_FOUND', { eventId });
  return event;
};

// What counts when it is recorded, and at no other time.
const undated: ReadonlySet<AccountEventType> = new Set(['TransactionReversed', 'HoldCaptured']);

/** Rejects with NOT_CHANGEABLE: the account must be open for the rest to happen. */
const mustBeAlterable = (event: RecordedEvent, { change }: Alteration): void => {
  const { eventId, type: eventType } = event;
  const isMovable = change?.effectiveAt === undefined || !undated.has(eventType);
  const isAlterable = change ? postingOf(event) !== undefined && isMovable : eventType !== 'AccountOpened';
  if (!isAlterable) throw new DomainError('NOT_CHANGEABLE', { eventId, eventType });
};

const replayAll = async (
  storage: Storage,
  events: readonly RecordedEvent[],
  replay: AlteredReplay,
): Promise<readonly AlteredStep[]> => {
  const steps: AlteredStep[] = [];
  for (let start = 0; start < events.length; start += AT_ONCE) {
    const few = events.slice(start, start + AT_ONCE);
    const counterparts = await Promise.all(few.map((event) => counterpartOf(storage, event)));
    for (const [index, event] of few.entries()) steps.push(await replay.step(event, counterparts[index]));
    // Others need not wait behind all of it.
    await nextTurn();
  }
  return steps;
};

/**
 * The real history of an account with one event left out or changed, up to a moment: what would have become of every event since,
 * decided again by today's rules. Other accounts stay as they were. Nothing is written. Rejects with EFFECTIVE_IN_FUTURE,
 * ACCOUNT_NOT_FOUND, EVENT_NOT_FOUND, NOT_CHANGEABLE, HISTORY_TOO_LONG, in this order.
 */
export const alterHistory =
  (storage: Storage, clock: Clock) =>
  async (accountId: AccountId, known: Known, alteration: Alteration): Promise<AlteredHistory> => {
    const real = await accountKnownAt(storage, clock, { accountId, known });
    const first = await findEvent(storage, real, alteration);
    mustBeAlterable(first, alteration);
    const after = first.version - 1;
    if (real.version - after > MOST_REPLAYED) {
      const events = (real.version - after).toString();
      throw new DomainError('HISTORY_TOO_LONG', { events, limit: MOST_REPLAYED.toString() });
    }
    const streamId = streamIdOf(accountId);
    const { account: start } = await accountAt(storage, streamId, { version: after });
    if (!isOpened(start)) throw new DomainError('ACCOUNT_NOT_FOUND', { accountId });
    const events = await storage.events.read(streamId, { after, upTo: real.version, limit: MOST_REPLAYED });
    const steps = await replayAll(storage, events, new AlteredReplay(storage, alteration, start));
    return { steps, real, altered: steps.at(-1)?.altered ?? start };
  };
