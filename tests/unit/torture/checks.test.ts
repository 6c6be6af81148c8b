import { describe, expect, it } from 'vitest';
import { Breaches } from '../../../torture/breaches.ts';
import { checkCommands, effectsOf } from '../../../torture/check/check-commands.ts';
import { OrderCheck } from '../../../torture/check/check-order.ts';
import { checkStreams } from '../../../torture/check/check-streams.ts';
import { checkTotals } from '../../../torture/check/check-totals.ts';
import type { StoredAccount, StoredEvent } from '../../../torture/check/streams.ts';
import { type Command, CommandRecord } from '../../../torture/load/command.ts';
import { History } from '../../../torture/load/history.ts';

const ACCOUNT = 'open-1';
const AT = '2030-01-01T00:00:00.000Z';

const eventOf = (version: number, type: string, amount: number, key = 'opening-of-it'): StoredEvent => ({
  eventId: `event-${version}`,
  version,
  type,
  data: { amount, originalEventId: 'event-2', originalType: 'MoneyDeposited', originalAmount: 100 },
  metadata: { idempotencyKey: key },
  recordedAt: AT,
  effectiveAt: AT,
});

/** An account that was opened with 100, and what came then. */
const accountWith = (...events: readonly StoredEvent[]): StoredAccount => {
  const all = [{ ...eventOf(1, 'AccountOpened', 0), data: { overdraftLimit: 0 } }, eventOf(2, 'MoneyDeposited', 100)];
  const sum = [...all, ...events].reduce((total, { type, data: { amount = 0 } }) => {
    return total + (type === 'MoneyDeposited' ? amount : -amount);
  }, 0);
  const version = 2 + events.length;
  return { accountId: ACCOUNT, ledgerBalance: sum, heldAmount: 0, version, events: [...all, ...events] };
};

const withdrawal = (key: string, amount: number): Command => ({
  kind: 'withdrawal',
  key,
  path: `/v1/accounts/${ACCOUNT}/withdrawals`,
  body: '{}',
  events: [{ accountId: ACCOUNT, type: 'MoneyWithdrawn', amount, debit: amount }],
  net: -amount,
});

/** A withdrawal that was sent and acknowledged at these moments, and left this version behind. */
const done = (history: History, key: string, amount: number, [sent, acknowledged, version]: readonly number[]) => {
  const record = new CommandRecord(withdrawal(key, amount), sent ?? 0);
  record.acknowledged = acknowledged;
  record.answers.push(JSON.stringify({ eventId: `event-${version}` }));
  history.commands.push(record);
  return record;
};

const refused = (history: History, key: string, amount: number, [sent = 0, answered = 0]: readonly number[]) => {
  const record = new CommandRecord(withdrawal(key, amount), sent);
  record.refusal = { code: 'INSUFFICIENT_FUNDS', sent, answered, isSure: true };
  history.commands.push(record);
};

/** The kinds of what is wrong with these accounts, by what the clients of this history heard. */
const wrongWith = (history: History, ...accounts: readonly StoredAccount[]): readonly string[] => {
  const breaches = new Breaches();
  const effects = effectsOf(accounts);
  checkCommands(history.commands, effects, breaches);
  new OrderCheck(checkStreams(accounts, breaches), breaches).check(history, effects);
  checkTotals(history, effects, breaches);
  return breaches.kept.map(({ kind }) => kind);
};

describe('what a torture run checks', () => {
  it('finds nothing where every client was told the truth', () => {
    const history = new History();
    done(history, 'a', 60, [1, 2, 3]);
    refused(history, 'b', 50, [3, 4]);
    done(history, 'c', 40, [3, 5, 4]);
    history.readings.push({
      accountId: ACCOUNT,
      from: 'API 2',
      sent: 3,
      answered: 4,
      version: 3,
      ledgerBalance: 40,
      heldAmount: 0,
    });
    history.trialBalances.push({ by: 'API 1', sent: 3, answered: 4, asOf: AT, knownAt: AT, total: 0 });
    const account = accountWith(eventOf(3, 'MoneyWithdrawn', 60, 'a'), eventOf(4, 'MoneyWithdrawn', 40, 'c'));
    expect(wrongWith(history, account)).toEqual([]);
  });

  it('finds a command that was acknowledged and is not there', () => {
    const history = new History();
    done(history, 'a', 60, [1, 2, 3]);
    expect(wrongWith(history, accountWith())).toContain('missing');
  });

  it('finds a command that was carried out twice', () => {
    const history = new History();
    done(history, 'a', 30, [1, 2, 3]);
    const twice = [eventOf(3, 'MoneyWithdrawn', 30, 'a'), eventOf(4, 'MoneyWithdrawn', 30, 'a')];
    expect(wrongWith(history, accountWith(...twice))).toEqual(['doubled']);
  });

  it('finds another amount than was asked for, and an event that was not the one in the answer', () => {
    const history = new History();
    done(history, 'a', 30, [1, 2, 9]);
    const account = accountWith(eventOf(3, 'MoneyWithdrawn', 31, 'a'));
    expect(wrongWith(history, account)).toEqual(['altered', 'altered']);
  });

  it('finds two answers to one key', () => {
    const history = new History();
    done(history, 'a', 30, [1, 2, 3]).answers.push('{"eventId":"event-3","again":true}');
    expect(wrongWith(history, accountWith(eventOf(3, 'MoneyWithdrawn', 30, 'a')))).toEqual(['different-answers']);
  });

  it('finds what was refused and recorded all the same, what nobody asked for, and what nobody settled', () => {
    const history = new History();
    refused(history, 'a', 101, [1, 2]);
    history.begin(withdrawal('c', 1));
    const account = accountWith(eventOf(3, 'MoneyWithdrawn', 10, 'a'), eventOf(4, 'MoneyWithdrawn', 10, 'b'));
    expect([...wrongWith(history, account)].sort()).toEqual(['foreign', 'refused-but-recorded', 'unsettled']);
  });

  it('finds a command that stands before one that had been acknowledged before it was sent', () => {
    const history = new History();
    done(history, 'a', 10, [1, 2, 4]);
    done(history, 'b', 10, [3, 4, 3]);
    const account = accountWith(eventOf(3, 'MoneyWithdrawn', 10, 'b'), eventOf(4, 'MoneyWithdrawn', 10, 'a'));
    expect(wrongWith(history, account)).toEqual(['order']);
  });

  it.each([
    ['from before what had been acknowledged', { sent: 3, version: 2, ledgerBalance: 100 }, 'stale-read'],
    ['from before its last command was sent', { sent: 0.2, version: 3, ledgerBalance: 90 }, 'stale-read'],
    ['of another balance than its events give', { sent: 3, version: 3, ledgerBalance: 91 }, 'wrong-read'],
  ])('finds a reading %s', (_, reading, kind) => {
    const history = new History();
    done(history, 'a', 10, [1, 2, 3]);
    history.readings.push({
      accountId: ACCOUNT,
      from: 'API 1',
      heldAmount: 0,
      answered: reading.sent + 0.5,
      ...reading,
    });
    expect(wrongWith(history, accountWith(eventOf(3, 'MoneyWithdrawn', 10, 'a')))).toEqual([kind]);
  });

  it('finds a refusal for want of money that was there all the time', () => {
    const history = new History();
    refused(history, 'a', 100, [1, 2]);
    expect(wrongWith(history, accountWith())).toEqual(['wrong-refusal']);
  });

  it('finds an account below its limit, and versions with a gap', () => {
    const history = new History();
    done(history, 'a', 101, [1, 2, 3]);
    expect(wrongWith(history, accountWith(eventOf(3, 'MoneyWithdrawn', 101, 'a')))).toEqual(['below-limit']);
    const gap = accountWith({ ...eventOf(4, 'MoneyWithdrawn', 101, 'a'), eventId: 'event-3' });
    expect(wrongWith(history, gap)).toContain('altered');
  });

  it('finds a row that says something else than its events', () => {
    expect(wrongWith(new History(), { ...accountWith(), ledgerBalance: 99 })).toEqual(['wrong-read']);
  });

  it('finds that more was taken back than there was', () => {
    const history = new History();
    const reversals = [
      eventOf(3, 'TransactionReversed', 60, 'opening-a'),
      eventOf(4, 'TransactionReversed', 41, 'opening-b'),
    ];
    expect(wrongWith(history, accountWith(...reversals))).toEqual(['over-reversed', 'below-limit']);
  });

  it.each([
    ['leaves out what had been acknowledged', 3, 100, ['bank-total']],
    ['may have what was on its way, or not', 1.5, 100, []],
    ['may have what was on its way, or not', 1.5, 90, []],
    ['knows of what was sent only later', 0.2, 90, ['bank-total']],
  ])('a trial balance %s', (_, sent, total, kinds) => {
    const history = new History();
    done(history, 'a', 10, [1, 2, 3]);
    history.trialBalances.push({ by: 'API 1', sent, answered: sent + 0.2, asOf: AT, knownAt: AT, total });
    expect(wrongWith(history, accountWith(eventOf(3, 'MoneyWithdrawn', 10, 'a')))).toEqual(kinds);
  });
});
