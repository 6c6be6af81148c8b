import { DomainError } from '../../domain/domain-error.ts';
import { AccessRefused } from '../access/principal.ts';
import { type Act, recordAct, untilUndisturbed } from '../access/recorded-act.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import type { RangeQuery } from '../ports/table.ts';
import { decided, mustBePending, type ProposalRow, proposalsTable, type ProposalStatus } from './proposal.ts';

export type ProposalPage = { readonly status?: ProposalStatus; readonly limit: number; readonly after?: string };

type Owned = {
  readonly ownerId: string;
  /** Hears of each proposal that was asked for and is not this owner's. */
  readonly onStranger: (proposalId: string) => void;
};

type Ending = {
  readonly what: string;
  readonly status: 'rejected' | 'cancelled';
  readonly reason?: string;
  /** Rejects where this principal may not end it like that. */
  readonly allow: (found: ProposalRow, principalId: string) => void;
};

/** Rejects with OWN_PROPOSAL. */
const mustBeOthers = ({ _id: proposalId, proposedBy }: ProposalRow, principalId: string): void => {
  if (proposedBy === principalId) throw new AccessRefused('OWN_PROPOSAL', { proposalId });
};

/** Rejects with FORBIDDEN. */
const mustBeOwn = ({ proposedBy }: ProposalRow, principalId: string): void => {
  if (proposedBy !== principalId) throw new AccessRefused('FORBIDDEN', { reason: 'the proposal of another' });
};

const conditionsOf = (
  status: ProposalStatus | undefined,
  now: Date,
): Pick<RangeQuery<ProposalRow>, 'where' | 'bounds'> => {
  if (status === undefined) return {};
  if (status === 'pending') return { where: { status }, bounds: { expiresAt: { gt: now } } };
  if (status === 'expired') return { where: { status: 'pending' }, bounds: { expiresAt: { lte: now } } };
  return { where: { status } };
};

/**
 * Proposals, as they are looked at, approved by somebody else, rejected and cancelled. What is approved is carried out by the ledger, which ends the
 * proposal in the transaction of the events.
 */
export class Proposals {
  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
    /** Of makers that are bound to this owner; left out: all. */
    private readonly owned?: Owned,
  ) {}

  /** Those that an owner may know of: what was proposed by whoever is bound to it. */
  of(owned: Owned): Proposals {
    return new Proposals(this.storage, this.clock, owned);
  }

  /** Rejects with PROPOSAL_NOT_FOUND, whether there is none or it is another owner's. */
  async find(proposalId: string): Promise<ProposalRow> {
    const found = await this.storage.table(proposalsTable).get(proposalId);
    if (found && (!this.owned || found.ownerId === this.owned.ownerId)) return found;
    this.owned?.onStranger(proposalId);
    throw new DomainError('PROPOSAL_NOT_FOUND', { proposalId });
  }

  /** The oldest first, behind the proposal `after`. */
  list({ status, limit, after }: ProposalPage): Promise<readonly ProposalRow[]> {
    const { where, ...conditions } = conditionsOf(status, new Date(this.clock.now()));
    return this.storage.table(proposalsTable).range({
      where: { ...where, ...(this.owned && { ownerId: this.owned.ownerId }) },
      ...conditions,
      order: ['_id'],
      limit,
      ...(after !== undefined && { after: [after] }),
    });
  }

  /** For who may approve it. Rejects with PROPOSAL_NOT_FOUND, OWN_PROPOSAL, in this order. */
  async findToApprove(proposalId: string, principalId: string): Promise<ProposalRow> {
    const found = await this.find(proposalId);
    mustBeOthers(found, principalId);
    return found;
  }

  /** By another than its maker. Rejects with PROPOSAL_NOT_FOUND, OWN_PROPOSAL, PROPOSAL_NOT_PENDING, in this order, and as `untilUndisturbed`. */
  reject(proposalId: string, reason: string, act: Act): Promise<ProposalRow> {
    return this.#end(proposalId, { what: 'rejectProposal', status: 'rejected', reason, allow: mustBeOthers }, act);
  }

  /** By its maker. Rejects with PROPOSAL_NOT_FOUND, FORBIDDEN, PROPOSAL_NOT_PENDING, in this order, and as `untilUndisturbed`. */
  cancel(proposalId: string, act: Act): Promise<ProposalRow> {
    return this.#end(proposalId, { what: 'cancelProposal', status: 'cancelled', allow: mustBeOwn }, act);
  }

  /** Who has ended it like that before is told so again: an answer may have been lost. */
  #end(proposalId: string, { what, status, reason, allow }: Ending, act: Act): Promise<ProposalRow> {
    return untilUndisturbed(async () => {
      const found = await this.find(proposalId);
      allow(found, act.actor);
      if (found.status === status && found.decidedBy === act.actor && found.reason === reason) return found;
      const now = this.clock.now();
      mustBePending(found, now);
      const decision = { status, decidedBy: act.actor, decidedAt: new Date(now) };
      const row = decided(found, { ...decision, ...(reason !== undefined && { reason }) });
      await recordAct(this.storage, this.clock, { table: proposalsTable, what, act }, { kind: 'swap', found, row });
      return row;
    });
  }
}
