import type { AuditStanding } from '../queries/audit-standing.ts';
import { StorageUnavailable } from '../ports/storage-errors.ts';
import type { MigrationState, Storage } from '../ports/storage.ts';
import type { RebuildDesk } from '../rebuilds/rebuild-desk.ts';
import type { RebuildRow } from '../rebuilds/rebuild-row.ts';

/** The process that commits for all on one ledger. */
export type Committer = {
  readonly machine: string;
  readonly host: string;
  readonly port: number;
  readonly isThisProcess: boolean;
};

/** How the ledger and this process are. What the store does not say is left out. */
export type Status = {
  readonly version: string;
  readonly startedAt: Date;
  readonly uptimeSeconds: number;
  readonly isDraining: boolean;
  readonly commandsWaiting: number;
  readonly storage: { readonly kind: Storage['kind']; readonly isReachable: boolean };
  readonly migrations: readonly MigrationState[] | undefined;
  readonly committer: Committer | undefined;
  readonly journal: { readonly position: number; readonly lagMs: number } | undefined;
  readonly isSealingRefused: boolean;
  readonly audit: AuditStanding | undefined;
  /** The last one that was asked for. */
  readonly rebuild: RebuildRow | undefined;
};

export type StatusParts = {
  readonly version: string;
  readonly storage: Pick<Storage, 'kind' | 'ping' | 'migrations'>;
  readonly rebuilds: Pick<RebuildDesk, 'list'>;
  /** Undefined where nobody commits for others. */
  readonly findCommitter: () => Promise<Committer | undefined>;
  readonly journalStanding: () => Promise<Status['journal']>;
  readonly auditStanding: () => Promise<AuditStanding | undefined>;
  readonly waiting: () => number;
  readonly isDraining: () => boolean;
  readonly isSealingRefused: () => boolean;
};

export type ReadStatus = () => Promise<Status>;

/** Undefined while the store is away. */
const ifTold = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: unknown) => {
    if (error instanceof StorageUnavailable) return undefined;
    throw error;
  });

/** Puts together what the parts of this process know; nothing is counted here. */
export const statusOf = (parts: StatusParts): ReadStatus => {
  const startedAt = new Date(Math.round(performance.timeOrigin));
  return async () => {
    const { storage, rebuilds } = parts;
    const [isReachable, migrations, committer, journal, audit, latest] = await Promise.all([
      ifTold(storage.ping().then(() => true)),
      ifTold(storage.migrations()),
      ifTold(parts.findCommitter()),
      ifTold(parts.journalStanding()),
      ifTold(parts.auditStanding()),
      ifTold(rebuilds.list({ limit: 1 })),
    ]);
    return {
      version: parts.version,
      startedAt,
      uptimeSeconds: Math.floor(performance.now() / 1_000),
      isDraining: parts.isDraining(),
      commandsWaiting: parts.waiting(),
      storage: { kind: storage.kind, isReachable: isReachable ?? false },
      migrations,
      committer,
      journal,
      isSealingRefused: parts.isSealingRefused(),
      audit,
      rebuild: latest?.[0],
    };
  };
};
