import { z } from 'zod';
import { newId } from '../../application/new-id.ts';
import type { TransferId } from '../../domain/transfer/transfer-id.ts';
import { defineCommand } from '../define-command.ts';
import { accountId, transactionId, transferId } from '../schemas/ids.ts';
import { amount, currency } from '../schemas/money.ts';
import { proposed } from '../schemas/proposals.ts';
import { metadata, reference } from '../schemas/text.ts';
import { time } from '../schemas/time.ts';
import { transferView } from '../schemas/views.ts';

const body = z
  .strictObject({
    transferId: transferId.exactOptional(),
    fromAccountId: accountId,
    toAccountId: accountId,
    amount,
    currency,
    transactionId: transactionId.exactOptional(),
    reference: reference.exactOptional(),
    effectiveAt: time.exactOptional(),
    metadata: metadata.exactOptional(),
  })
  .meta({ id: 'TransferMoney' });

export const transferMoney = defineCommand({
  type: 'TransferMoney',
  path: '/v1/transfers',
  id: 'transferMoney',
  tag: 'Money',
  scope: 'money:write',
  summary: 'Transfer money between two accounts',
  description:
    'Both legs or neither. If-Match speaks of the sender. Each rule is asked of the sender first, then of the receiver.',
  body,
  answers: {
    201: { description: 'The transfer.', schema: transferView, headers: ['ETag', 'Location'] },
    ...proposed,
  },
  rejects: [
    'IDEMPOTENCY_KEY_REUSED',
    'TRANSACTION_ALREADY_RECORDED',
    'TRANSFER_ALREADY_EXISTS',
    'SAME_ACCOUNT',
    'ACCOUNT_NOT_FOUND',
    'VERSION_MISMATCH',
    'ACCOUNT_CLOSED',
    'ACCOUNT_FROZEN',
    'CURRENCY_MISMATCH',
    'EFFECTIVE_IN_FUTURE',
    'EFFECTIVE_BEFORE_OPENING',
    'INSUFFICIENT_FUNDS',
    'BALANCE_LIMIT_EXCEEDED',
  ],
  ask: ({ transferId = newId() as TransferId, amount, currency, transactionId, ...rest }) => ({
    wish: { type: 'TransferMoney', transferId, money: { amount, currency }, ...rest },
    accountId: rest.fromAccountId,
    transactionId,
  }),
});
