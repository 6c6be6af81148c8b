import { z } from 'zod';
import { defineCommand } from '../define-command.ts';
import type { AnswerDocument } from '../endpoint.ts';
import type { ProblemCode } from '../problem-details.ts';
import { accountId, transactionId } from '../schemas/ids.ts';
import { amount, currency } from '../schemas/money.ts';
import { proposed } from '../schemas/proposals.ts';
import { metadata, party, reference } from '../schemas/text.ts';
import { time } from '../schemas/time.ts';
import { receiptView } from '../schemas/views.ts';

const params = z.strictObject({ accountId });

const common = {
  amount,
  currency,
  transactionId: transactionId.exactOptional(),
  reference: reference.exactOptional(),
  effectiveAt: time.exactOptional(),
  metadata: metadata.exactOptional(),
};

const answers: Record<number, AnswerDocument> = {
  201: { description: 'What it did, with the balances behind it.', schema: receiptView, headers: ['ETag'] },
  ...proposed,
};

const guards: readonly ProblemCode[] = [
  'IDEMPOTENCY_KEY_REUSED',
  'TRANSACTION_ALREADY_RECORDED',
  'ACCOUNT_NOT_FOUND',
  'VERSION_MISMATCH',
  'ACCOUNT_CLOSED',
  'ACCOUNT_FROZEN',
  'CURRENCY_MISMATCH',
  'EFFECTIVE_IN_FUTURE',
  'EFFECTIVE_BEFORE_OPENING',
];

export const depositMoney = defineCommand({
  type: 'DepositMoney',
  path: '/v1/accounts/{accountId}/deposits',
  id: 'depositMoney',
  tag: 'Money',
  scope: 'money:write',
  summary: 'Deposit money',
  params,
  body: z.strictObject({ ...common, source: party.exactOptional() }).meta({ id: 'Deposit' }),
  answers,
  rejects: [...guards, 'BALANCE_LIMIT_EXCEEDED'],
  ask: ({ accountId, amount, currency, transactionId, ...remarks }) => ({
    wish: { type: 'DepositMoney', accountId, money: { amount, currency }, ...remarks },
    accountId,
    transactionId,
  }),
});

export const withdrawMoney = defineCommand({
  type: 'WithdrawMoney',
  path: '/v1/accounts/{accountId}/withdrawals',
  id: 'withdrawMoney',
  tag: 'Money',
  scope: 'money:write',
  summary: 'Withdraw money',
  params,
  body: z.strictObject({ ...common, destination: party.exactOptional() }).meta({ id: 'Withdrawal' }),
  answers,
  rejects: [...guards, 'INSUFFICIENT_FUNDS'],
  ask: ({ accountId, amount, currency, transactionId, ...remarks }) => ({
    wish: { type: 'WithdrawMoney', accountId, money: { amount, currency }, ...remarks },
    accountId,
    transactionId,
  }),
});
