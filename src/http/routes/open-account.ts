import { z } from 'zod';
import { newId } from '../../application/new-id.ts';
import type { AccountId } from '../../domain/account/account-id.ts';
import { NO_MONEY } from '../../domain/money/money.ts';
import { defineCommand } from '../define-command.ts';
import { accountId, ownerId } from '../schemas/ids.ts';
import { amount, currency, overdraftLimit } from '../schemas/money.ts';
import { proposed } from '../schemas/proposals.ts';
import { metadata, party, reference } from '../schemas/text.ts';
import { time } from '../schemas/time.ts';
import { accountView } from '../schemas/views.ts';

const body = z
  .strictObject({
    accountId: accountId.exactOptional(),
    ownerId,
    currency,
    overdraftLimit: overdraftLimit.exactOptional(),
    initialDeposit: z
      .strictObject({ amount, reference: reference.exactOptional(), source: party.exactOptional() })
      .exactOptional(),
    effectiveAt: time.exactOptional(),
    metadata: metadata.exactOptional(),
  })
  .meta({ id: 'OpenAccount' });

export const openAccount = defineCommand({
  type: 'OpenAccount',
  path: '/v1/accounts',
  id: 'openAccount',
  tag: 'Accounts',
  scope: 'money:write',
  summary: 'Open an account',
  description: 'Without `accountId` the ledger makes one (UUID v7). The account begins at `effectiveAt`, default now.',
  body,
  answers: { 201: { description: 'The account.', schema: accountView, headers: ['ETag', 'Location'] }, ...proposed },
  rejects: ['IDEMPOTENCY_KEY_REUSED', 'ACCOUNT_ALREADY_EXISTS', 'EFFECTIVE_IN_FUTURE', 'BALANCE_LIMIT_EXCEEDED'],
  ask: ({ accountId = newId() as AccountId, overdraftLimit = NO_MONEY, ...rest }) => ({
    wish: { type: 'OpenAccount', accountId, overdraftLimit, ...rest },
  }),
});
