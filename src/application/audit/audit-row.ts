import { tableName } from '../ports/table.ts';

/** A place at which the read models, or the events themselves, are not what the events give. Names ids, and no value. */
export type Drift = {
  /** The collection that is wrong. */
  readonly readModel: string;
  readonly accountId: string;
  readonly version?: number;
  readonly row?: string;
  readonly fields: readonly string[];
  readonly problem: string;
};

/** How far the audit is, and what it has found. */
export type AuditState = {
  /** Which walk through all accounts this is, from 1. */
  readonly pass: number;
  /** Accounts and events of this walk so far. */
  readonly accounts: number;
  readonly events: number;
  /** The last walk that came to its end: when, and how many accounts it saw. */
  readonly auditedAt?: Date;
  readonly auditedAccounts: number;
  /** What has not been found mended, with the walk that saw it last. */
  readonly drift: readonly (Drift & { readonly pass: number })[];
  /** Places beyond those that are kept, in this walk and in the one before it. */
  readonly more: number;
  readonly moreBefore: number;
};

/** Where a consumer stands. */
export type CheckpointRow = {
  readonly _id: string;
  /** The stream behind which it goes on. */
  readonly position: string;
  /** Counted up with each writing: whoever finds another one than its own has been overtaken. */
  readonly beat: number;
  readonly state: AuditState;
};

export const checkpointsTable = tableName<CheckpointRow>('checkpoints');

export const AUDIT = 'audit';

/** Places that are wrong, as far as they are known. */
export const driftCountOf = ({ drift, more, moreBefore }: AuditState): number =>
  drift.length + Math.max(more, moreBefore);
