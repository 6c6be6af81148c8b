import type { EventMetadata, NewEvent } from '../../domain/account/account-event.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Change } from '../../projections/projection.ts';
import type { RowChange } from '../access/recorded-act.ts';
import { amountToApprove } from '../approval/approval-rule.ts';
import { decided, mustBePending, proposalOf, type ProposalRow } from '../approval/proposal.ts';
import type { Command } from '../commands/command.ts';
import type { BatchBasis, WorkingSet } from './working-set.ts';

/** The proposal that a command approves. Rejects with PROPOSAL_NOT_FOUND, PROPOSAL_NOT_PENDING, in this order. */
export const approvedBy = (
  { envelope: { approves } }: Command,
  now: Instant,
  working: WorkingSet,
): ProposalRow | undefined => {
  if (!approves) return undefined;
  const { proposalId } = approves;
  const proposal = working.proposal(proposalId);
  if (!proposal) throw new DomainError('PROPOSAL_NOT_FOUND', { proposalId });
  mustBePending(proposal, now);
  return proposal;
};

/** What is proposed instead, where it needs approval. Rejects with APPROVAL_REQUIRED where it may not be proposed. */
export const proposedFor = (
  command: Command,
  events: readonly NewEvent[],
  { approval, now }: BatchBasis,
): ProposalRow | undefined => {
  const money = approval && amountToApprove(events, approval.above);
  if (!money) return undefined;
  if (command.envelope.proposable) return proposalOf(command, money, now, approval.keepFor);
  const { amount, currency } = money;
  throw new DomainError('APPROVAL_REQUIRED', { amount: amount.toString(), currency });
};

/** Who and what caused the events of a command. Of one that was approved, that is its maker and the proposal; the request is the approval. */
export const metadataOf = ({ wish, envelope }: Command, approved: ProposalRow | undefined): EventMetadata => {
  const { correlationId, actor, idempotency, transactionId } = envelope;
  return {
    correlationId,
    causationId: approved ? approved._id : correlationId,
    actor: approved ? approved.proposedBy : actor,
    command: wish.type,
    ...(idempotency && { idempotencyKey: idempotency.key }),
    ...(transactionId !== undefined && { transactionId }),
    ...(approved && { approvedBy: actor }),
  };
};

/** The proposal that a command was, carried out. */
export const approvalOf = (
  approved: ProposalRow,
  { envelope }: Command,
  changes: readonly Change[],
  recordedAt: Instant,
): RowChange<ProposalRow> => {
  const row = decided(approved, {
    status: 'approved',
    decidedBy: envelope.actor,
    decidedAt: new Date(recordedAt),
    eventIds: changes.map(({ event }) => event.eventId),
  });
  return { kind: 'swap', found: approved, row };
};
