import { z } from 'zod';
import { proposalStatuses } from '../../application/approval/proposal.ts';
import type { AnswerDocument } from '../endpoint.ts';
import { balance } from './money.ts';
import { timeOnWire } from './time.ts';
import { currency, id, nextCursor, uuid } from './views.ts';

export const proposalId = z
  .uuid()
  .transform((text) => text.toLowerCase())
  .meta({ description: 'The proposal id, a UUID v7.' });

export const proposalStatus = z.enum(proposalStatuses);

/** A proposal as the API shows it. */
export const proposalView = z
  .strictObject({
    proposalId: uuid,
    status: proposalStatus.meta({ description: 'It can be approved while it is `pending`; every other is for good.' }),
    command: z
      .looseObject({ type: z.string() })
      .meta({ description: 'The command: its name in a batch, and the members of its path and body.' }),
    amount: balance.meta({ description: 'What it would have moved when it was proposed.' }),
    currency,
    transactionId: id.optional(),
    proposedBy: z.string().meta({ description: 'The principal: `key:…` or `token:…`.' }),
    proposedAt: timeOnWire,
    expiresAt: timeOnWire,
    decidedBy: z.string().optional().meta({ description: 'Who approved, rejected or cancelled it.' }),
    decidedAt: timeOnWire.optional(),
    reason: z.string().optional().meta({ description: 'Why it was rejected.' }),
    eventIds: z.array(uuid).optional().meta({ description: 'What came of it, once it is approved.' }),
  })
  .meta({ id: 'Proposal' });

export const proposalsView = z.strictObject({ proposals: z.array(proposalView), nextCursor }).meta({ id: 'Proposals' });

/** Of every command that can move money. */
export const proposed: Readonly<Record<202, AnswerDocument>> = {
  202: {
    description:
      'It moves more than the ledger lets one principal move (`DAYBOOK_APPROVAL_ABOVE`): it is kept as a proposal, and carried out when ' +
      'another approves it.',
    schema: proposalView,
    headers: ['Location'],
  },
};
