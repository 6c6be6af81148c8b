import { beforeEach, describe, expect, it } from 'vitest';
import { Performer } from '../../../src/load/performer.ts';
import type { LoadPlan } from '../../../src/load/load-plan.ts';
import type { StoredEvent } from '../../../src/load/check/stored.ts';
import { StreamCheck } from '../../../src/load/check/stream-check.ts';
import type { Wish } from '../../../src/load/wish.ts';

const plan: LoadPlan = {
  url: new URL('http://localhost'),
  duration: 1,
  pacing: { kind: 'closed', workers: 1 },
  accounts: 2,
  hotAccountRatio: 0,
  hotSelectionRate: 0,
  readRatio: 0,
  transferRatio: 0,
  seed: 1,
  currency: 'EUR',
  initialDeposit: 100,
  timeout: 1,
  retryFor: 1,
  runId: 'r',
};

const DEPOSIT = '0199a6e2-6ebb-772f-9e49-000000000001';
const SENT = '0199a6e2-6ebb-772f-9e49-000000000002';
const RECEIVED = '0199a6e2-6ebb-772f-9e49-000000000003';
const OTHER = '0199a6e2-6ebb-772f-9e49-00000000000f';

// 0: a deposit, 1: a transfer, both acknowledged; 2: a withdrawal, refused; 3: another, of unknown outcome. All on account 0.
const wishes: readonly Wish[] = [
  { kind: 'deposit', account: 0, amount: 30 },
  { kind: 'transfer', from: 0, to: 1, amount: 20 },
  { kind: 'withdrawal', account: 0, amount: 5 },
  { kind: 'withdrawal', account: 0, amount: 7 },
];

const nobody: Wish = { kind: 'balance', account: 0 };

type Change = Partial<StoredEvent> & { readonly amount?: number; readonly key?: string };

describe('a stream held against what was asked for', () => {
  let performer: Performer;

  beforeEach(() => {
    performer = new Performer(plan);
    performer.log.acknowledge(0, [DEPOSIT]);
    performer.log.acknowledge(1, [SENT, RECEIVED]);
    performer.log.record(2, 'refused');
    performer.log.record(3, 'unknown');
  });

  const event = (version: number, type: string, { amount, key, ...rest }: Change): StoredEvent => ({
    eventId: OTHER,
    version,
    type,
    data: { amount },
    metadata: { idempotencyKey: key ?? performer.names.openingKey(0) },
    ...rest,
  });

  const sound = (): StoredEvent[] => [
    event(1, 'AccountOpened', {}),
    event(2, 'MoneyDeposited', { amount: 100 }),
    event(3, 'MoneyDeposited', { amount: 30, key: performer.names.commandKey(0), eventId: DEPOSIT }),
    event(4, 'TransferSent', { amount: 20, key: performer.names.commandKey(1), eventId: SENT }),
  ];

  /** The kinds of breaches, with the key of the first, of the stream of account 0. */
  const check = (events: readonly StoredEvent[], balance = { version: 4, ledgerBalance: 110 }): readonly string[] => {
    const wishOf = (place: number): Wish => wishes[place] ?? nobody;
    const { names, log, breaches } = performer;
    const stream = new StreamCheck({ plan, names, log, breaches, wishOf }, 0, balance);
    for (const one of events) stream.add(one);
    stream.end();
    return breaches.kept.map(({ kind }) => kind);
  };

  it('is sound where each event was asked for, once, and they sum up to the balance', () => {
    expect(check(sound())).toEqual([]);
    expect([performer.log.isFound(0, 0), performer.log.isFound(1, 0), performer.log.isFound(1, 1)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('may have the event of a command of unknown outcome, also after the balance was read', () => {
    const late = event(5, 'MoneyWithdrawn', { amount: 7, key: performer.names.commandKey(3) });
    expect(check([...sound(), late])).toEqual([]);
    expect(performer.log.isFound(3, 0)).toBe(true);
  });

  it.each([
    ['a command twice', 'doubled', 'MoneyDeposited', { amount: 30, place: 0, eventId: OTHER }],
    ['a refused command', 'refused-but-recorded', 'MoneyWithdrawn', { amount: 5, place: 2 }],
    ['another amount', 'altered', 'MoneyWithdrawn', { amount: 8, place: 3 }],
    ['another type', 'foreign', 'MoneyDeposited', { amount: 7, place: 3 }],
    ['the leg of the other account', 'foreign', 'TransferReceived', { amount: 20, place: 1 }],
    ['a command that was never sent', 'foreign', 'MoneyDeposited', { amount: 30, place: 9 }],
  ])('must not have %s: %s', (_, kind, type, { place, ...change }) => {
    const key = performer.names.commandKey(place);
    expect(check([...sound(), event(5, type, { ...change, key })])).toEqual([kind]);
    expect(performer.breaches.kept[0]).toMatchObject({ key, account: 'load-r-0', eventId: OTHER });
  });

  it('must have the event that the answer named', () => {
    const events = sound();
    events[2] = event(3, 'MoneyDeposited', { amount: 30, key: performer.names.commandKey(0) });
    expect(check(events)).toEqual(['altered']);
    expect(performer.breaches.kept[0]?.detail).toContain(DEPOSIT);
  });

  it.each(['of another run', undefined])('must not have an event that nobody asked for: %s', (idempotencyKey) => {
    const metadata = idempotencyKey === undefined ? {} : { idempotencyKey };
    expect(check([...sound(), event(5, 'MoneyDeposited', { amount: 1, metadata })])).toEqual(['foreign']);
  });

  it('must open once, with the initial deposit', () => {
    expect(check([...sound(), event(5, 'MoneyDeposited', { amount: 100 })])).toEqual(['doubled']);
  });

  it('must not leave a version out, or have it twice', () => {
    const events = sound();
    expect(check(events.toSpliced(2, 1))).toEqual(['version-gap', 'balance']);
  });

  it('must reach the version of the balance', () => {
    expect(check(sound(), { version: 5, ledgerBalance: 110 })).toEqual(['version-gap']);
  });

  it('must sum up to the balance, to the unit', () => {
    expect(check(sound(), { version: 4, ledgerBalance: 111 })).toEqual(['balance']);
  });
});
