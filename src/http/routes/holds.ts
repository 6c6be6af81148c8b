import { z } from 'zod';
import { newId } from '../../application/new-id.ts';
import type { HoldId } from '../../domain/hold/hold-id.ts';
import { defineCommand } from '../define-command.ts';
import type { AnswerDocument } from '../endpoint.ts';
import type { ProblemCode } from '../problem-details.ts';
import { accountId, holdId, transactionId } from '../schemas/ids.ts';
import { holdReceiptView } from '../schemas/hold-views.ts';
import { amount, currency } from '../schemas/money.ts';
import { proposed } from '../schemas/proposals.ts';
import { metadata, party, reason, reference } from '../schemas/text.ts';
import { time } from '../schemas/time.ts';

const params = z.strictObject({ accountId, holdId });

const answerOf = (
  description: string,
  headers: AnswerDocument['headers'] = ['ETag'],
): Record<number, AnswerDocument> => ({
  201: { description, schema: holdReceiptView, headers },
});

/** Of a hold that is there. */
const guards: readonly ProblemCode[] = ['ACCOUNT_NOT_FOUND', 'HOLD_NOT_FOUND', 'VERSION_MISMATCH', 'ACCOUNT_CLOSED'];

export const placeHold = defineCommand({
  type: 'PlaceHold',
  path: '/v1/accounts/{accountId}/holds',
  id: 'placeHold',
  tag: 'Holds',
  scope: 'money:write',
  summary: 'Reserve an amount: nobody can debit it but by capturing it',
  description:
    'Without `holdId` the ledger makes one (UUID v7); an id counts once in its account, for ever. Without `expiresAt` the hold stays ' +
    'until it is captured or released. An account has at most 200 open holds.',
  params: params.pick({ accountId: true }),
  body: z
    .strictObject({
      holdId: holdId.exactOptional(),
      amount,
      currency,
      expiresAt: time
        .exactOptional()
        .meta({ description: 'When it ends by itself: in the future. From then on it cannot be captured.' }),
      reference: reference.exactOptional(),
      metadata: metadata.exactOptional(),
    })
    .meta({ id: 'PlaceHold' }),
  answers: answerOf('The amount is reserved.', ['ETag', 'Location']),
  rejects: [
    'IDEMPOTENCY_KEY_REUSED',
    'ACCOUNT_NOT_FOUND',
    'HOLD_ALREADY_EXISTS',
    'VERSION_MISMATCH',
    'ACCOUNT_CLOSED',
    'ACCOUNT_FROZEN',
    'CURRENCY_MISMATCH',
    'HOLD_EXPIRES_IN_PAST',
    'HOLD_LIMIT_EXCEEDED',
    'INSUFFICIENT_FUNDS',
  ],
  ask: ({ holdId = newId() as HoldId, accountId, amount, currency, ...rest }) => ({
    wish: { type: 'PlaceHold', accountId, holdId, money: { amount, currency }, ...rest },
    accountId,
  }),
});

export const captureHold = defineCommand({
  type: 'CaptureHold',
  path: '/v1/accounts/{accountId}/holds/{holdId}/capture',
  id: 'captureHold',
  tag: 'Holds',
  scope: 'money:write',
  summary: 'Debit what a hold reserves, or a part of it',
  description:
    'Without `amount`: all of it. A hold is captured once: what is left of it is released. The capture stands in the statement, counts ' +
    'from when it is recorded, and can be reversed like a withdrawal, which does not bring the hold back. A hold whose `expiresAt` has ' +
    'come is refused with HOLD_NOT_OPEN, `holdStatus` `expired`.',
  params,
  body: z
    .strictObject({
      amount: amount.exactOptional(),
      currency: currency.exactOptional(),
      destination: party.exactOptional(),
      transactionId: transactionId.exactOptional(),
      reference: reference.exactOptional(),
      metadata: metadata.exactOptional(),
    })
    .meta({ id: 'CaptureHold' }),
  answers: { ...answerOf('The debit.'), ...proposed },
  rejects: [
    'IDEMPOTENCY_KEY_REUSED',
    'TRANSACTION_ALREADY_RECORDED',
    ...guards,
    'ACCOUNT_FROZEN',
    'HOLD_NOT_OPEN',
    'CURRENCY_MISMATCH',
    'CAPTURE_EXCEEDS_HOLD',
  ],
  ask: ({ transactionId, ...rest }) => ({
    wish: { type: 'CaptureHold', ...rest },
    accountId: rest.accountId,
    transactionId,
  }),
});

export const releaseHold = defineCommand({
  type: 'ReleaseHold',
  path: '/v1/accounts/{accountId}/holds/{holdId}/release',
  id: 'releaseHold',
  tag: 'Holds',
  scope: 'money:write',
  summary: 'End a hold: its amount is available again',
  description: 'Also while the account is frozen, for nothing moves.',
  params,
  body: z.strictObject({ reason: reason.exactOptional() }).meta({ id: 'ReleaseHold' }),
  answers: answerOf('The amount is available again.'),
  rejects: ['IDEMPOTENCY_KEY_REUSED', ...guards, 'HOLD_NOT_OPEN'],
  ask: (members) => ({ wish: { type: 'ReleaseHold', ...members }, accountId: members.accountId }),
});
