import type { Circumstances } from '../account/account-command.ts';
import type { AccountEvent, NewEvent, Remarks } from '../account/account-event.ts';
import type { AccountId } from '../account/account-id.ts';
import type { Account, OpenedAccount, OpenHold } from '../account/account-state.ts';
import { happened, now, remarksOf } from '../account/decide.ts';
import { mustAfford, mustExist, mustHold, mustNotBeClosed, mustNotBeFrozen } from '../account/guards.ts';
import { assertNever } from '../assert-never.ts';
import { DomainError } from '../domain-error.ts';
import type { Currency } from '../money/currency.ts';
import type { MinorUnits, Money } from '../money/money.ts';
import type { Instant } from '../time/instant.ts';
import { timeText } from '../time/time-text.ts';
import type { HoldId } from './hold-id.ts';

/** Open holds of one account, at most: an account carries them wherever it goes. */
export const MOST_HOLDS = 200;

export type PlaceHold = HoldNamed<'PlaceHold'> & Remarks & { readonly money: Money; readonly expiresAt?: Instant };

export type CaptureHold = HoldNamed<'CaptureHold'> &
  Remarks & {
    /** Left out: all of it. What is not captured is released. */
    readonly amount?: MinorUnits;
    readonly currency?: Currency;
    readonly destination?: string;
  };

export type ReleaseHold = HoldNamed<'ReleaseHold'> & { readonly reason?: string };

/** Nobody asks for it but the ledger itself. */
export type ExpireHold = HoldNamed<'ExpireHold'>;

export type HoldCommand = PlaceHold | CaptureHold | ReleaseHold | ExpireHold;

type HoldNamed<Type extends string> = {
  readonly type: Type;
  readonly accountId: AccountId;
  readonly holdId: HoldId;
};

/** How a hold can end, each for good. */
export type HoldEnding = 'captured' | 'released' | 'expired';

export type HoldStatus = 'placed' | HoldEnding;

/** What a hold is decided on: its account, which carries it while it is open, and how it ended where it has. */
export type HoldGround = { readonly account: Account; readonly ending: HoldEnding | undefined };

type Rule<Command> = (command: Command, ground: HoldGround, circumstances: Circumstances) => readonly NewEvent[];

/** The hold that an event ended, and how; undefined where it ended none. */
export const endedBy = ({ type, data }: AccountEvent): { holdId: HoldId; ending: HoldEnding } | undefined => {
  switch (type) {
    case 'HoldCaptured':
      return { holdId: data.holdId, ending: 'captured' };
    case 'HoldReleased':
      return { holdId: data.holdId, ending: 'released' };
    case 'HoldExpired':
      return { holdId: data.holdId, ending: 'expired' };
    // Stryker disable next-line ConditionalExpression: without it the function ends, and gives undefined too
    default:
      return undefined;
  }
};

const findIn = ({ holds }: OpenedAccount, named: HoldId): OpenHold | undefined =>
  holds.find(({ holdId }) => holdId === named);

/** Whether this moment has come; one that is not named never comes. */
const isOver = (moment: Instant | undefined, { recordedAt }: Circumstances): boolean =>
  (moment ?? Infinity) <= recordedAt;

/**
 * Rejects with ACCOUNT_NOT_FOUND, HOLD_ALREADY_EXISTS, ACCOUNT_CLOSED, ACCOUNT_FROZEN, CURRENCY_MISMATCH, HOLD_EXPIRES_IN_PAST,
 * HOLD_LIMIT_EXCEEDED, INSUFFICIENT_FUNDS, in this order.
 */
const place: Rule<PlaceHold> = (command, { account, ending }, circumstances) => {
  const { accountId, holdId, money, expiresAt } = command;
  const opened = mustExist(account, accountId);
  if (ending !== undefined || findIn(opened, holdId)) throw new DomainError('HOLD_ALREADY_EXISTS', { holdId });
  mustNotBeClosed(opened);
  mustNotBeFrozen(opened);
  mustHold(opened, money.currency);
  if (isOver(expiresAt, circumstances)) throw new DomainError('HOLD_EXPIRES_IN_PAST');
  if (opened.holds.length >= MOST_HOLDS) {
    throw new DomainError('HOLD_LIMIT_EXCEEDED', { accountId, limit: MOST_HOLDS.toString() });
  }
  mustAfford(opened, money.amount);
  const expiry = expiresAt !== undefined && { expiresAt: timeText(expiresAt) };
  const data = { holdId, ...money, ...remarksOf(command), ...expiry };
  return happened(now(opened, circumstances), circumstances, { type: 'HoldPlaced', data });
};

/** Rejects with HOLD_NOT_FOUND: no such hold was ever placed on the account. */
const mustHaveBeenPlaced = (opened: OpenedAccount, holdId: HoldId, { ending }: HoldGround): void => {
  if (ending === undefined && !findIn(opened, holdId)) throw new DomainError('HOLD_NOT_FOUND', { holdId });
};

/** Rejects with HOLD_NOT_OPEN. */
const mustBeOpen = (opened: OpenedAccount, holdId: HoldId, { ending }: HoldGround): OpenHold => {
  const hold = findIn(opened, holdId);
  if (hold) return hold;
  throw new DomainError('HOLD_NOT_OPEN', { holdId, ...(ending && { holdStatus: ending }) });
};

/** Rejects with HOLD_NOT_OPEN: from its expiry on a hold can only expire, also while nobody has got round to that. */
const mustNotBeDue = ({ holdId, expiresAt }: OpenHold, circumstances: Circumstances): void => {
  if (isOver(expiresAt, circumstances)) {
    throw new DomainError('HOLD_NOT_OPEN', { holdId, holdStatus: 'expired' });
  }
};

/** Rejects with CAPTURE_EXCEEDS_HOLD. */
const amountToCapture = ({ amount }: CaptureHold, hold: OpenHold): MinorUnits => {
  if (amount === undefined || amount <= hold.amount) return amount ?? hold.amount;
  throw new DomainError('CAPTURE_EXCEEDS_HOLD', { holdId: hold.holdId, holdAmount: hold.amount.toString() });
};

/**
 * The debit needs no funds of its own: it is what the hold has reserved. Rejects with ACCOUNT_NOT_FOUND, HOLD_NOT_FOUND, ACCOUNT_CLOSED,
 * ACCOUNT_FROZEN, HOLD_NOT_OPEN, CURRENCY_MISMATCH, CAPTURE_EXCEEDS_HOLD, in this order.
 */
const capture: Rule<CaptureHold> = (command, ground, circumstances) => {
  const { accountId, holdId, destination } = command;
  const opened = mustExist(ground.account, accountId);
  mustHaveBeenPlaced(opened, holdId, ground);
  mustNotBeClosed(opened);
  mustNotBeFrozen(opened);
  const hold = mustBeOpen(opened, holdId, ground);
  mustNotBeDue(hold, circumstances);
  const { currency } = opened;
  mustHold(opened, command.currency ?? currency);
  const amount = amountToCapture(command, hold);
  const remarks = { ...remarksOf(command), ...(destination !== undefined && { destination }) };
  const data = { holdId, amount, currency, holdAmount: hold.amount, ...remarks };
  return happened(now(opened, circumstances), circumstances, { type: 'HoldCaptured', data });
};

/**
 * A freeze keeps no hold from being released: nothing moves. Rejects with ACCOUNT_NOT_FOUND, HOLD_NOT_FOUND, ACCOUNT_CLOSED,
 * HOLD_NOT_OPEN, in this order.
 */
const release: Rule<ReleaseHold> = ({ accountId, holdId, reason }, ground, circumstances) => {
  const opened = mustExist(ground.account, accountId);
  mustHaveBeenPlaced(opened, holdId, ground);
  mustNotBeClosed(opened);
  const hold = mustBeOpen(opened, holdId, ground);
  mustNotBeDue(hold, circumstances);
  const data = { holdId, amount: hold.amount, currency: opened.currency, ...(reason !== undefined && { reason }) };
  return happened(now(opened, circumstances), circumstances, { type: 'HoldReleased', data });
};

/**
 * Nothing keeps a hold that is due from expiring, or it would never end. Rejects with ACCOUNT_NOT_FOUND, HOLD_NOT_FOUND, HOLD_NOT_OPEN,
 * EFFECTIVE_IN_FUTURE, in this order.
 */
const expire: Rule<ExpireHold> = ({ accountId, holdId }, ground, circumstances) => {
  const opened = mustExist(ground.account, accountId);
  mustHaveBeenPlaced(opened, holdId, ground);
  const { amount, expiresAt } = mustBeOpen(opened, holdId, ground);
  if (expiresAt === undefined || expiresAt > circumstances.recordedAt) throw new DomainError('EFFECTIVE_IN_FUTURE');
  const data = { holdId, amount, currency: opened.currency, expiresAt: timeText(expiresAt) };
  return happened(now(opened, circumstances), circumstances, { type: 'HoldExpired', data });
};

/** Every rule about holds: given the command, the account and how the hold ended, if it has, the facts, or a DomainError. */
export const decideHold: Rule<HoldCommand> = (command, ground, circumstances) => {
  switch (command.type) {
    case 'PlaceHold':
      return place(command, ground, circumstances);
    case 'CaptureHold':
      return capture(command, ground, circumstances);
    case 'ReleaseHold':
      return release(command, ground, circumstances);
    case 'ExpireHold':
      return expire(command, ground, circumstances);
    default:
      return assertNever(command);
  }
};
