import { DomainError } from '../../domain/domain-error.ts';
import type { TransactionId } from '../../domain/event/event-id.ts';
import type { Money } from '../../domain/money/money.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Command, Envelope, Wish } from '../commands/command.ts';
import { tableName } from '../ports/table.ts';

/** A money command that waits for the approval of another principal, and what became of it. `_id` is a UUID v7. */
export type ProposalRow = {
  readonly _id: string;
  /** One that is pending can be approved until it expires; every other is for good. */
  readonly status: 'pending' | 'approved' | 'rejected' | 'cancelled';
  readonly wish: Wish;
  /** What it would have moved when it was proposed. */
  readonly amount: bigint;
  readonly currency: string;
  readonly proposedBy: string;
  /** The owner that its maker is bound to. */
  readonly ownerId?: string;
  readonly transactionId?: TransactionId;
  /** If-Match: it holds when the command is carried out. */
  readonly expected?: NonNullable<Envelope['expected']>;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
  readonly decidedBy?: string;
  readonly decidedAt?: Date;
  readonly reason?: string;
  /** What came of it. */
  readonly eventIds?: readonly string[];
};

export const proposalsTable = tableName<ProposalRow>('proposals');

export const proposalStatuses = ['pending', 'approved', 'rejected', 'cancelled', 'expired'] as const;
export type ProposalStatus = (typeof proposalStatuses)[number];

/** Nobody writes down that a proposal has expired: from `expiresAt` on it has. */
export const statusAt = ({ status, expiresAt }: ProposalRow, now: number): ProposalStatus =>
  status === 'pending' && expiresAt.getTime() <= now ? 'expired' : status;

/** Rejects with PROPOSAL_NOT_PENDING. */
export const mustBePending = (found: ProposalRow, now: number): void => {
  const proposalStatus = statusAt(found, now);
  if (proposalStatus !== 'pending') {
    throw new DomainError('PROPOSAL_NOT_PENDING', { proposalId: found._id, proposalStatus });
  }
};

/** What is kept of a command above the amount. It takes the id that its first event would have had. */
export const proposalOf = (
  { wish, envelope }: Command,
  { amount, currency }: Money,
  now: Instant,
  keepFor: number,
): ProposalRow => {
  const { actor, eventIds, transactionId, expected, proposable } = envelope;
  return {
    _id: eventIds[0],
    status: 'pending',
    wish,
    amount,
    currency,
    proposedBy: actor,
    ...(proposable?.ownerId !== undefined && { ownerId: proposable.ownerId }),
    ...(transactionId !== undefined && { transactionId }),
    ...(expected && { expected }),
    proposedAt: new Date(now),
    expiresAt: new Date(now + keepFor),
  };
};

/** Ended by somebody: the rest stays as it was. */
export const decided = (
  found: ProposalRow,
  decision: Required<Pick<ProposalRow, 'decidedBy' | 'decidedAt'>> &
    Pick<ProposalRow, 'status' | 'reason' | 'eventIds'>,
): ProposalRow => ({ ...found, ...decision });
