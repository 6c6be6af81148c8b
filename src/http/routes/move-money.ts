import { z } from 'zod';
import { type AnswerDocument, defineEndpoint } from '../endpoint.ts';
import type { ProblemCode } from '../problem-details.ts';
import { accountId, transactionId } from '../schemas/ids.ts';
import { amount, currency } from '../schemas/money.ts';
import { metadata, party, reference } from '../schemas/text.ts';
import { time } from '../schemas/time.ts';
import { receiptView } from '../schemas/views.ts';
import { submit } from './answer.ts';

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

export const depositMoney = defineEndpoint({
  method: 'post',
  path: '/v1/accounts/{accountId}/deposits',
  id: 'depositMoney',
  tag: 'Money',
  summary: 'Deposit money',
  params,
  body: z.strictObject({ ...common, source: party.exactOptional() }).meta({ id: 'Deposit' }),
  answers,
  rejects: [...guards, 'BALANCE_LIMIT_EXCEEDED'],
  handle: async (services, call) => {
    const { accountId } = call.params;
    const { amount, currency, transactionId, ...remarks } = call.body;
    const wish = { type: 'DepositMoney' as const, accountId, money: { amount, currency }, ...remarks };
    await submit(services, call, wish, { accountId, transactionId });
  },
});

export const withdrawMoney = defineEndpoint({
  method: 'post',
  path: '/v1/accounts/{accountId}/withdrawals',
  id: 'withdrawMoney',
  tag: 'Money',
  summary: 'Withdraw money',
  params,
  body: z.strictObject({ ...common, destination: party.exactOptional() }).meta({ id: 'Withdrawal' }),
  answers,
  rejects: [...guards, 'INSUFFICIENT_FUNDS'],
  handle: async (services, call) => {
    const { accountId } = call.params;
    const { amount, currency, transactionId, ...remarks } = call.body;
    const wish = { type: 'WithdrawMoney' as const, accountId, money: { amount, currency }, ...remarks };
    await submit(services, call, wish, { accountId, transactionId });
  },
});
