import type { mongo } from 'mongoose';
import type { ReversibleType } from '../../domain/account/account-event.ts';
import type { Movement } from '../../domain/chart/chart-of-accounts.ts';
import type { Currency } from '../../domain/money/currency.ts';
import type { Instant } from '../../domain/time/instant.ts';

/** One group of `movementsPipeline`. */
export type MovementDocument = {
  readonly _id: { readonly type: ReversibleType; readonly party?: string | null; readonly currency: Currency };
  readonly isReversal: boolean;
  readonly total: mongo.Decimal128;
};

const moving = ['MoneyDeposited', 'MoneyWithdrawn', 'HoldCaptured', 'TransferSent', 'TransferReceived'];

// A sum of int64 would become a double where it passes 2^63.
const total = { $sum: { $toDecimal: '$data.amount' } };

/** Only deposits, withdrawals and captures name a party outside the ledger. */
const partyOf = (data: string): object => ({ $ifNull: [`${data}.source`, `${data}.destination`, null] });

const summedUp = (id: object, isReversal: boolean): object[] => [
  { $group: { _id: id, total } },
  { $addFields: { isReversal } },
];

/** Everything that moved money up to a moment, in groups. A reversal moves back what its original moved, and names no party itself. */
export const movementsPipeline = ({ asOf, knownAt }: { asOf: Instant; knownAt: Instant }): object[] => {
  const counting = { recordedAt: { $lte: new Date(knownAt) }, effectiveAt: { $lte: new Date(asOf) } };
  const originals = { from: 'events', localField: 'data.originalEventId', foreignField: '_id', as: 'originals' };
  const reversals = [
    { $match: { type: 'TransactionReversed', ...counting } },
    { $lookup: originals },
    { $addFields: { original: { $first: '$originals.data' } } },
    ...summedUp({ type: '$data.originalType', party: partyOf('$original'), currency: '$data.currency' }, true),
  ];
  return [
    { $match: { type: { $in: moving }, ...counting } },
    ...summedUp({ type: '$type', party: partyOf('$data'), currency: '$data.currency' }, false),
    { $unionWith: { coll: 'events', pipeline: reversals } },
  ];
};

export const movementFrom = ({ _id: { type, party, currency }, isReversal, total }: MovementDocument): Movement => ({
  type,
  isReversal,
  ...(typeof party === 'string' && { party }),
  currency,
  total: BigInt(total.toString()),
});
