import { AUDIT, checkpointsTable, type Drift, driftCountOf } from '../audit/audit-row.ts';
import type { Storage } from '../ports/storage.ts';

/** What the audit has found so far. */
export type AuditStanding = {
  /** When it last came to the end of all accounts, how many that were, and how often it did. */
  readonly auditedAt?: Date;
  readonly accounts: number;
  readonly passes: number;
  /** Accounts and events of the walk that is under way. */
  readonly walk: { readonly accounts: number; readonly events: number };
  /** What is wrong: the first places, and how many there are. */
  readonly drift: readonly Drift[];
  readonly driftCount: number;
};

const DRIFT_TOLD = 10;

/** Undefined where nothing has been audited yet. Rejects with StorageUnavailable. */
export const auditStanding = (storage: Pick<Storage, 'table'>) => async (): Promise<AuditStanding | undefined> => {
  const row = await storage.table(checkpointsTable).get(AUDIT);
  if (!row) return undefined;
  const { pass, accounts, events, auditedAt, auditedAccounts, drift } = row.state;
  return {
    ...(auditedAt && { auditedAt }),
    accounts: auditedAccounts,
    passes: pass - 1,
    walk: { accounts, events },
    drift: drift.slice(0, DRIFT_TOLD).map(({ pass: _, ...place }) => place),
    driftCount: driftCountOf(row.state),
  };
};
