import { beforeAll, describe, expect, it } from 'vitest';
import type { Movement } from '../../src/domain/chart/chart-of-accounts.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import type { HoldId } from '../../src/domain/hold/hold-id.ts';
import type { Currency } from '../../src/domain/money/currency.ts';
import { LARGEST_AMOUNT, minorUnits } from '../../src/domain/money/money.ts';
import { type Instant, instant } from '../../src/domain/time/instant.ts';
import type { TransferId } from '../../src/domain/transfer/transfer-id.ts';
import { euro, newEventId, recorded } from '../support/recorded-events.ts';
import { append, type Under } from './fixture.ts';

const second = 1_000;
// Long before the events of other tests on the same storage.
const start = Date.UTC(2001, 0, 1);
const at = (seconds: number): Instant => instant(start + seconds * second);
const timed = (recordedAt: number, effectiveAt = recordedAt) => ({
  recordedAt: at(recordedAt),
  effectiveAt: at(effectiveAt),
});

const yen = 'JPY' as Currency;
const money = (amount: bigint, currency = euro) => ({ amount: minorUnits(amount), currency });

const deposit = newEventId();
const [sent, received] = [newEventId(), newEventId()];
const captured = newEventId();
const holdId = 'hold' as HoldId;
const transferId = 'moved' as TransferId;

const taken = (originalType: 'MoneyDeposited', amount: bigint, reversedTotal: bigint) => ({
  ...money(amount),
  originalEventId: deposit,
  originalType,
  originalAmount: minorUnits(500n),
  reversedTotal: minorUnits(reversedTotal),
  reason: 'a mistake',
});

const history = [
  recorded(
    'm-a',
    1,
    { type: 'MoneyDeposited', data: { ...money(500n), source: 'SEPA' } },
    { eventId: deposit, ...timed(1) },
  ),
  recorded('m-a', 2, { type: 'MoneyDeposited', data: { ...money(70n), source: 'SEPA' } }, timed(2)),
  recorded('m-a', 3, { type: 'MoneyDeposited', data: money(30n) }, timed(3)),
  recorded('m-a', 4, { type: 'MoneyWithdrawn', data: { ...money(40n), destination: 'SEPA' } }, timed(4)),
  recorded(
    'm-a',
    5,
    {
      type: 'TransferSent',
      data: { ...money(100n), transferId, counterpartEventId: received, toAccountId: 'm-b' as AccountId },
    },
    { eventId: sent, ...timed(5) },
  ),
  recorded(
    'm-b',
    1,
    {
      type: 'TransferReceived',
      data: { ...money(100n), transferId, counterpartEventId: sent, fromAccountId: 'm-a' as AccountId },
    },
    { eventId: received, ...timed(5) },
  ),
  recorded('m-a', 6, { type: 'TransactionReversed', data: taken('MoneyDeposited', 10n, 10n) }, timed(6)),
  recorded('m-a', 7, { type: 'TransactionReversed', data: taken('MoneyDeposited', 20n, 30n) }, timed(7)),
  // Recorded last, and counts as early as the first.
  recorded('m-a', 8, { type: 'MoneyWithdrawn', data: money(5n) }, timed(8, 1)),
  recorded('m-c', 1, { type: 'MoneyDeposited', data: money(LARGEST_AMOUNT, yen) }, timed(9)),
  recorded('m-d', 1, { type: 'MoneyDeposited', data: money(LARGEST_AMOUNT, yen) }, timed(9)),
  recorded('m-e', 1, { type: 'HoldPlaced', data: { ...money(60n), holdId } }, timed(9)),
  recorded(
    'm-e',
    2,
    { type: 'HoldCaptured', data: { ...money(50n), holdId, holdAmount: minorUnits(60n), destination: 'shop' } },
    { eventId: captured, ...timed(9) },
  ),
  recorded(
    'm-e',
    3,
    {
      type: 'TransactionReversed',
      data: {
        ...taken('MoneyDeposited', 20n, 20n),
        originalType: 'HoldCaptured',
        originalEventId: captured,
        originalAmount: minorUnits(50n),
      },
    },
    timed(9),
  ),
  recorded('m-d', 2, { type: 'AccountFrozen', data: { reason: 'moves nothing' } }, timed(9)),
];

const movement = (
  type: Movement['type'],
  total: bigint,
  rest: Partial<Pick<Movement, 'party' | 'isReversal' | 'currency'>> = {},
): Movement => ({ type, isReversal: false, currency: euro, total, ...rest });

const inOrder = (movements: readonly Movement[]): readonly string[] =>
  movements
    .map((one) => JSON.stringify(one, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)))
    .sort();

/** What has moved in all, of everything that counts at a moment. */
export const movementsContract = (under: Under): void => {
  describe('movements', () => {
    beforeAll(() => append(under().storage, history));

    const expectMovements = async (asOf: number, knownAt: number, expected: readonly Movement[]): Promise<void> => {
      const found = await under().storage.events.movements({ asOf: at(asOf), knownAt: at(knownAt) });
      expect(found.every(({ total }) => typeof total === 'bigint')).toBe(true);
      const plain = found.map(({ type, isReversal, party, currency, total }) =>
        movement(type, total, { isReversal, currency, ...(party !== undefined && { party }) }),
      );
      expect(inOrder(plain)).toEqual(inOrder(expected));
    };

    it('are summed up by kind, party and currency; a reversal is of the party of its original', () =>
      expectMovements(9, 9, [
        movement('MoneyDeposited', 570n, { party: 'SEPA' }),
        movement('MoneyDeposited', 30n),
        movement('MoneyWithdrawn', 40n, { party: 'SEPA' }),
        movement('MoneyWithdrawn', 5n),
        movement('HoldCaptured', 50n, { party: 'shop' }),
        movement('HoldCaptured', 20n, { party: 'shop', isReversal: true }),
        movement('TransferSent', 100n),
        movement('TransferReceived', 100n),
        movement('MoneyDeposited', 30n, { party: 'SEPA', isReversal: true }),
        movement('MoneyDeposited', 2n * LARGEST_AMOUNT, { currency: yen }),
      ]));

    it('leave out what counts later, and what was recorded later', async () => {
      await expectMovements(2, 9, [
        movement('MoneyDeposited', 570n, { party: 'SEPA' }),
        movement('MoneyWithdrawn', 5n),
      ]);
      await expectMovements(2, 7, [movement('MoneyDeposited', 570n, { party: 'SEPA' })]);
      await expectMovements(6, 6, [
        movement('MoneyDeposited', 570n, { party: 'SEPA' }),
        movement('MoneyDeposited', 30n),
        movement('MoneyWithdrawn', 40n, { party: 'SEPA' }),
        movement('TransferSent', 100n),
        movement('TransferReceived', 100n),
        movement('MoneyDeposited', 10n, { party: 'SEPA', isReversal: true }),
      ]);
      await expectMovements(0, 9, []);
    });
  });
};
