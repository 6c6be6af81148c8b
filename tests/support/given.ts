import { expect } from 'vitest';
import type { Wish } from '../../src/application/commands/command.ts';
import type { Circumstances } from '../../src/domain/account/account-command.ts';
import type { NewEvent, RecordedEvent } from '../../src/domain/account/account-event.ts';
import { Account } from '../../src/domain/account/account.ts';
import { type AccountId, type StreamId, streamIdOf } from '../../src/domain/account/account-id.ts';
import { type Account as AccountState, versionOf } from '../../src/domain/account/account-state.ts';
import { schemaVersions } from '../../src/domain/account/upcasters.ts';
import { DomainError, type DomainErrorCode } from '../../src/domain/domain-error.ts';
import { NO_MONEY } from '../../src/domain/money/money.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { decideHold, endedBy } from '../../src/domain/hold/hold.ts';
import { reverse } from '../../src/domain/reversal/reversal.ts';
import { transfer } from '../../src/domain/transfer/transfer.ts';
import { decidedId, type Fact, givenId, MINUTE, NOW, START } from './facts.ts';

type Accounts = ReadonlyMap<StreamId, AccountState>;

const streamOf = (accountId: string): StreamId => streamIdOf(accountId as AccountId);

const accountOf = (accounts: Accounts, accountId: string): AccountState =>
  accounts.get(streamOf(accountId)) ?? Account.initialState();

const recordedEvent = ({ accountId, at, ...fact }: Fact, index: number, version: number): RecordedEvent => {
  const recordedAt = instant(START + index * MINUTE);
  return {
    ...fact,
    eventId: givenId(index + 1),
    streamId: streamOf(accountId),
    version,
    schemaVersion: schemaVersions[fact.type],
    metadata: { correlationId: 'request', causationId: 'request', actor: 'tester', command: 'Given' },
    recordedAt,
    effectiveAt: at ?? recordedAt,
  };
};

/** These facts as the store would give them back, recorded a minute apart, and the accounts that they make. */
export const historyOf = (facts: readonly Fact[]): { events: readonly RecordedEvent[]; accounts: Accounts } => {
  const accounts = new Map<StreamId, AccountState>();
  const events = facts.map((fact, index) => {
    const before = accountOf(accounts, fact.accountId);
    const event = recordedEvent(fact, index, versionOf(before) + 1);
    accounts.set(event.streamId, Account.evolve(before, event));
    return event;
  });
  return { events, accounts };
};

/** The account that these facts make. */
export const foldOf = (...facts: readonly [Fact, ...(readonly Fact[])]): AccountState =>
  accountOf(historyOf(facts).accounts, facts[0].accountId);

const decide = (wish: Wish, { events, accounts }: ReturnType<typeof historyOf>, moment: Circumstances) => {
  switch (wish.type) {
    case 'TransferMoney':
      return transfer(
        wish,
        { from: accountOf(accounts, wish.fromAccountId), to: accountOf(accounts, wish.toAccountId) },
        moment,
      );
    case 'ReverseTransaction': {
      const earlier = events.findLast(
        ({ type, data }) => type === 'TransactionReversed' && data.originalEventId === wish.original.eventId,
      );
      const reversedTotal = earlier?.type === 'TransactionReversed' ? earlier.data.reversedTotal : NO_MONEY;
      return reverse(wish, { accountOf: (accountId) => accountOf(accounts, accountId), reversedTotal }, moment);
    }
    case 'PlaceHold':
    case 'CaptureHold':
    case 'ReleaseHold':
    case 'ExpireHold': {
      const endings = events.filter(({ streamId }) => streamId === streamOf(wish.accountId)).map(endedBy);
      const ending = endings.find((ended) => ended?.holdId === wish.holdId)?.ending;
      return decideHold(wish, { account: accountOf(accounts, wish.accountId), ending }, moment);
    }
    default:
      return Account.decide(wish, accountOf(accounts, wish.accountId), moment);
  }
};

const newEvent = ({ accountId, at, ...fact }: Fact, index: number): NewEvent => ({
  ...fact,
  eventId: decidedId(index + 1),
  streamId: streamOf(accountId),
  effectiveAt: at ?? NOW,
});

/** A decision that was asked for; it is made when its outcome is. */
class Specification {
  constructor(private readonly attempt: () => readonly NewEvent[]) {}

  /** Exactly these facts, in this order; those without a value date of their own count from now. */
  then(...facts: readonly Fact[]): void {
    expect(this.attempt()).toStrictEqual(facts.map(newEvent));
  }

  thenAccepts(): void {
    expect(this.attempt()).not.toHaveLength(0);
  }

  /** What it is about must be in the details, where it is given here. */
  thenRejects(code: DomainErrorCode, details: Record<string, string> = {}): void {
    let outcome: unknown;
    try {
      outcome = this.attempt();
    } catch (error) {
      outcome = error;
    }
    expect(outcome).toBeInstanceOf(DomainError);
    expect(outcome).toMatchObject({ code, details });
  }
}

type WishFor = Wish | ((events: readonly RecordedEvent[]) => Wish);

/** Given what happened, when a command is decided on it, then facts or a rejection. */
export const given = (...facts: readonly Fact[]) => ({
  when: (wish: WishFor, recordedAt: number = NOW): Specification =>
    new Specification(() => {
      const history = historyOf(facts);
      const decided = typeof wish === 'function' ? wish(history.events) : wish;
      const eventIds = [decidedId(1), decidedId(2)] as const;
      return decide(decided, history, { recordedAt: instant(recordedAt), eventIds });
    }),
});
