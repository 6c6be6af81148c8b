import { z } from 'zod';
import { accountIdOf } from '../../domain/account/account-id.ts';
import { defineCommand } from '../define-command.ts';
import { eventId } from '../schemas/ids.ts';
import { amount } from '../schemas/money.ts';
import { proposed } from '../schemas/proposals.ts';
import { reason } from '../schemas/text.ts';
import { reversalView } from '../schemas/views.ts';

const body = z.strictObject({ eventId, amount: amount.exactOptional(), reason }).meta({ id: 'ReverseTransaction' });

export const reverseTransaction = defineCommand({
  type: 'ReverseTransaction',
  path: '/v1/reversals',
  id: 'reverseTransaction',
  tag: 'Money',
  scope: 'money:write',
  summary: 'Take a deposit, withdrawal or transfer back, in part or in whole',
  description:
    'Without `amount`: all that has not been taken back yet. Of a transfer, name either leg: both are reversed together. ' +
    'If-Match speaks of the account whose event is named.',
  body,
  answers: {
    201: { description: 'The reversal on the account whose event was named.', schema: reversalView, headers: ['ETag'] },
    ...proposed,
  },
  rejects: [
    'EVENT_NOT_FOUND',
    'NOT_REVERSIBLE',
    'IDEMPOTENCY_KEY_REUSED',
    'VERSION_MISMATCH',
    'ACCOUNT_CLOSED',
    'ACCOUNT_FROZEN',
    'REVERSAL_EXCEEDS_ORIGINAL',
    'INSUFFICIENT_FUNDS',
    'BALANCE_LIMIT_EXCEEDED',
  ],
  ask: async ({ eventId, amount, reason }, queries) => {
    const original = await queries.findReversibleEvent(eventId);
    const wish = { type: 'ReverseTransaction' as const, original, reason, ...(amount !== undefined && { amount }) };
    return { wish, accountId: accountIdOf(original.streamId) };
  },
});
