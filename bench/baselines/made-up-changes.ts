import type { Command } from '../../src/application/commands/command.ts';
import type { NewEvent, RecordedEvent } from '../../src/domain/account/account-event.ts';
import { type AccountId, streamIdOf } from '../../src/domain/account/account-id.ts';
import { NO_HOLDS, type OpenedAccount } from '../../src/domain/account/account-state.ts';
import type { Currency } from '../../src/domain/money/currency.ts';
import { minorUnits, NO_MONEY } from '../../src/domain/money/money.ts';
import { instant } from '../../src/domain/time/instant.ts';
import type { Change } from '../../src/projections/projection.ts';

const NOW = instant(Date.now());
const VERSION = 1_000;

/** The one account that the door knows, under whatever id it is asked for. */
export const madeUpAccount = (accountId: AccountId): OpenedAccount => ({
  status: 'active',
  accountId,
  ownerId: 'bench',
  currency: 'EUR' as Currency,
  ledgerBalance: minorUnits(1_000_000_000n),
  heldAmount: NO_MONEY,
  holds: NO_HOLDS,
  overdraftLimit: NO_MONEY,
  openedAt: NOW,
  latestEffectiveAt: NOW,
  recordedAt: NOW,
  version: VERSION,
});

type Fact = NewEvent extends infer Event
  ? Event extends NewEvent
    ? Pick<Event, 'type' | 'data' | 'eventId'>
    : never
  : never;

const changeOf = ({ envelope, wish }: Command, accountId: AccountId, fact: Fact): Change => {
  const account = madeUpAccount(accountId);
  const event: RecordedEvent = {
    ...fact,
    streamId: streamIdOf(accountId),
    effectiveAt: NOW,
    recordedAt: NOW,
    version: VERSION,
    schemaVersion: 1,
    metadata: {
      correlationId: envelope.correlationId,
      causationId: envelope.correlationId,
      actor: envelope.actor,
      command: wish.type,
    },
  };
  return { event, before: account, after: account };
};

/** What a deposit or a transfer would have done to an account, so that its answer can be worded; nothing is decided. */
export const madeUpChanges = (command: Command): readonly Change[] => {
  const { wish, envelope } = command;
  const [eventId, counterpartEventId] = envelope.eventIds;
  switch (wish.type) {
    case 'DepositMoney':
      return [changeOf(command, wish.accountId, { type: 'MoneyDeposited', data: { ...wish.money }, eventId })];
    case 'TransferMoney': {
      const { fromAccountId, toAccountId, transferId, money } = wish;
      const sent = { ...money, transferId, toAccountId, counterpartEventId };
      const received = { ...money, transferId, fromAccountId, counterpartEventId: eventId };
      return [
        changeOf(command, fromAccountId, { type: 'TransferSent', data: sent, eventId }),
        changeOf(command, toAccountId, { type: 'TransferReceived', data: received, eventId: counterpartEventId }),
      ];
    }
    default:
      throw new Error(`The door has no answer to ${wish.type}.`);
  }
};
