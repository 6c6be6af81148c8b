import type { Answer, Wish } from '../../application/commands/command.ts';
import { type ProposalRow, statusAt } from '../../application/approval/proposal.ts';
import { membersOf } from '../members-of.ts';
import { amountOnWire, type Json, timeOnWire } from './wire.ts';

// What a client calls so itself is text.
const isTime = (name: string, value: unknown): value is number =>
  typeof value === 'number' && (name === 'effectiveAt' || name === 'expiresAt');

const onWire = (name: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return amountOnWire(value);
  if (isTime(name, value)) return timeOnWire(value);
  return typeof value === 'object' && value !== null ? allOnWire(value) : value;
};

const allOnWire = (members: object): Json =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, onWire(name, value)]));

const presentCommand = (wish: Wish): Json => ({ type: wish.type, ...allOnWire(membersOf(wish)) });

/** A proposal, and what has become of it by now. */
export const presentProposal = (row: ProposalRow, now: number): Json => ({
  proposalId: row._id,
  status: statusAt(row, now),
  command: presentCommand(row.wish),
  amount: amountOnWire(row.amount),
  currency: row.currency,
  transactionId: row.transactionId,
  proposedBy: row.proposedBy,
  proposedAt: row.proposedAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  decidedBy: row.decidedBy,
  decidedAt: row.decidedAt?.toISOString(),
  reason: row.reason,
  eventIds: row.eventIds,
});

/** The answer to a command that was not carried out but proposed. */
export const answerProposal = (row: ProposalRow): Answer => ({
  status: 202,
  body: JSON.stringify(presentProposal(row, row.proposedAt.getTime())),
  location: `/v1/proposals/${row._id}`,
});
