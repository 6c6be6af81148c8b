import { readEnvironment } from '../src/config/read-environment.ts';
import type { AccountId } from '../src/domain/account/account-id.ts';
import type { HoldId } from '../src/domain/hold/hold-id.ts';
import type { Currency } from '../src/domain/money/currency.ts';
import { minorUnits, type Money } from '../src/domain/money/money.ts';
import { instant } from '../src/domain/time/instant.ts';
import type { TransferId } from '../src/domain/transfer/transfer-id.ts';
import { fairWeather } from './fates.ts';
import type { Item, Want } from './orders.ts';
import type { Plan } from './run-seed.ts';
import { BEGINNING } from './stand-ins.ts';

/** Something small that happens in fair weather, so that one accident at a time can be put into it. */
export type Scenario = { readonly name: string; readonly plan: Plan };

const euros = (amount: bigint): Money => ({ amount: minorUnits(amount), currency: 'EUR' as Currency });

const a = 'a' as AccountId;
const b = 'b' as AccountId;
const holdId = 'hold' as HoldId;

const deposit = (accountId: AccountId, amount: bigint): Want => ({
  type: 'DepositMoney',
  accountId,
  money: euros(amount),
});

const withdraw = (accountId: AccountId, amount: bigint): Want => ({
  type: 'WithdrawMoney',
  accountId,
  money: euros(amount),
});

const transfer = (number: number, fromAccountId: AccountId, toAccountId: AccountId): Want => ({
  type: 'TransferMoney',
  transferId: `transfer-${number}` as TransferId,
  fromAccountId,
  toAccountId,
  money: euros(7n),
});

const asked = (...wants: readonly Want[]): readonly Item[] =>
  wants.map((want, place) => ({ key: `asked-${place}-${want.type}`, want }));

const scenario = (name: string, processes: number, orders: Exclude<Plan['orders'], number>): Scenario => ({
  name,
  plan: {
    processes,
    orders,
    duration: 300,
    weather: fairWeather,
    kills: 0,
    pauses: 0,
    clockMoves: 0,
    disturbances: 0,
    loss: 0,
    accounts: ['a', 'b'],
    past: 0,
    limits: readEnvironment({}),
    office: processes === 1 ? 'everywhere' : 'elected',
    auditPace: 0,
  },
});

export const scenarios: readonly Scenario[] = [
  scenario('one deposit', 1, [[0, asked(deposit(a, 5n))]]),
  scenario('a transfer and what depends on it', 1, [
    [0, asked(transfer(1, a, b))],
    [1, asked(withdraw(b, 3n))],
  ]),
  scenario('a batch that stands or falls together', 1, [
    [0, asked(deposit(a, 5n), transfer(2, a, b), withdraw(b, 1n))],
  ]),
  scenario('a hold, captured while it may expire', 1, [
    [
      0,
      asked({
        type: 'PlaceHold',
        accountId: a,
        holdId,
        money: euros(1n),
        expiresAt: instant(BEGINNING + 1_500),
      }),
    ],
    [40, asked({ type: 'CaptureHold', accountId: a, holdId })],
  ]),
  scenario('two processes about the same accounts', 2, [
    [0, asked(transfer(3, a, b))],
    [0.2, [{ key: 'across', want: transfer(4, b, a) }]],
    [0.4, [{ key: 'beside', want: deposit(a, 2n) }]],
    [0.4, [{ key: 'beside', want: deposit(a, 2n) }]],
  ]),
];
