import { z } from 'zod';
import { type CommandEndpoint, defineCommand } from '../define-command.ts';
import type { AnswerDocument } from '../endpoint.ts';
import type { ProblemCode } from '../problem-details.ts';
import { accountId } from '../schemas/ids.ts';
import { overdraftLimit } from '../schemas/money.ts';
import { reason } from '../schemas/text.ts';
import { accountView } from '../schemas/views.ts';

const params = z.strictObject({ accountId });
const answers: Record<number, AnswerDocument> = {
  200: { description: 'The account as it is now.', schema: accountView, headers: ['ETag'] },
};
const guards: readonly ProblemCode[] = [
  'IDEMPOTENCY_KEY_REUSED',
  'ACCOUNT_NOT_FOUND',
  'VERSION_MISMATCH',
  'ACCOUNT_CLOSED',
];

type Kind = 'FreezeAccount' | 'UnfreezeAccount' | 'CloseAccount';

type Change<T extends Kind> = {
  readonly verb: string;
  readonly type: T;
  readonly id: string;
  readonly summary: string;
  readonly rejects: readonly ProblemCode[];
};

const changeFor = <T extends Kind>({ verb, type, id, summary, rejects }: Change<T>): CommandEndpoint<T> =>
  defineCommand({
    type,
    path: `/v1/accounts/{accountId}/${verb}`,
    id,
    tag: 'Accounts',
    scope: 'money:write',
    summary,
    params,
    body: z.strictObject({ reason }),
    answers,
    rejects: [...guards, ...rejects],
    ask: ({ accountId, reason }) => {
      const kind: Kind = type;
      return { wish: { type: kind, accountId, reason }, accountId };
    },
  });

export const freezeAccount = changeFor({
  verb: 'freeze',
  type: 'FreezeAccount',
  id: 'freezeAccount',
  summary: 'Freeze an account: no debit, no credit',
  rejects: ['ACCOUNT_FROZEN'],
});

export const unfreezeAccount = changeFor({
  verb: 'unfreeze',
  type: 'UnfreezeAccount',
  id: 'unfreezeAccount',
  summary: 'Let a frozen account move again',
  rejects: ['ACCOUNT_NOT_FROZEN'],
});

export const closeAccount = changeFor({
  verb: 'close',
  type: 'CloseAccount',
  id: 'closeAccount',
  summary: 'Close an account for good; it must be empty',
  rejects: ['ACCOUNT_NOT_EMPTY'],
});

export const changeOverdraftLimit = defineCommand({
  type: 'ChangeOverdraftLimit',
  path: '/v1/accounts/{accountId}/overdraft-limit',
  id: 'changeOverdraftLimit',
  tag: 'Accounts',
  scope: 'money:write',
  summary: 'Set how far an account may go below zero',
  params,
  body: z.strictObject({ overdraftLimit }),
  answers,
  rejects: [...guards, 'OVERDRAFT_IN_USE', 'BALANCE_LIMIT_EXCEEDED'],
  ask: ({ accountId, overdraftLimit }) => ({
    wish: { type: 'ChangeOverdraftLimit', accountId, overdraftLimit },
    accountId,
  }),
});
