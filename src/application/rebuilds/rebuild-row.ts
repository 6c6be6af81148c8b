import { tableName } from '../ports/table.ts';

export const rebuildStatuses = [
  /** Asked for; no process has begun. */
  'waiting',
  /** Shadow read models are being filled, and compared with the live ones. */
  'running',
  /** What differs is known, and nothing was changed. */
  'compared',
  /** What the events say is being put in place of what differs. */
  'switching',
  'switched',
  'cancelled',
  'failed',
] as const;

export type RebuildStatus = (typeof rebuildStatuses)[number];

/** A row that is not what the events give, as it is told: ids, amounts, times and states, and no text that a client has sent. */
export type ToldDifference = {
  readonly readModel: string;
  readonly accountId: string;
  readonly row: string;
  readonly kind: 'missing' | 'unexpected' | 'different';
  readonly fields: readonly { readonly field: string; readonly expected: string; readonly found: string }[];
};

/** What the comparison found. */
export type Comparison = {
  readonly differences: number;
  readonly accounts: number;
  readonly first: readonly ToldDifference[];
};

export const rebuildFailures = [
  /** The process that ran it was stopped, was killed, or handed its duties on. */
  'INTERRUPTED',
  'STORAGE_UNAVAILABLE',
  'STORAGE_FORBIDDEN',
  /** What rebuilds are to be run on is not the ledger that they were asked of. */
  'WRONG_DATABASE',
  /** After the switch some rows differ all the same: somebody else keeps writing to them. */
  'DIFFERENCES_LEFT',
  'BROKEN_STREAM',
  'INTERNAL_ERROR',
] as const;

export type RebuildFailure = (typeof rebuildFailures)[number];

export type Progress = {
  /** Projected into the shadow, and how many the journal held when it began. */
  readonly events: number;
  readonly ofEvents: number;
  readonly accounts: number;
  /** Rows that were compared with their twins: beside the fill, and once more in the switch. */
  readonly rows: number;
};

/** A rebuild of the read models. `_id` is its number. */
export type RebuildRow = {
  readonly _id: string;
  /** From 1, without gaps: of two that begin at once, one finds its number taken. */
  readonly number: number;
  readonly status: RebuildStatus;
  /** Left out: all accounts. */
  readonly accountId?: string;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly switchedBy?: string;
  readonly cancelledBy?: string;
  readonly startedAt?: Date;
  /** When it was compared, as long as nothing follows. */
  readonly finishedAt?: Date;
  /** Which process works at it, and counted up as long as that one is well, with every step that it takes. */
  readonly runner?: string;
  readonly beat: number;
  readonly progress: Progress;
  readonly comparison?: Comparison;
  /** Rows that the switch has put right. */
  readonly mended?: number;
  readonly failure?: RebuildFailure;
};

export const rebuildsTable = tableName<RebuildRow>('rebuilds');

const underWay: ReadonlySet<RebuildStatus> = new Set(['waiting', 'running', 'switching']);

/** Whether no other may begin. */
export const isUnderWay = ({ status }: RebuildRow): boolean => underWay.has(status);

/** Whether it can still come to something that needs what it has built. */
export const needsShadow = (row: RebuildRow): boolean =>
  isUnderWay(row) || (row.status === 'compared' && (row.comparison?.differences ?? 0) > 0);

export const isRebuildId = (text: string): boolean => /^[1-9]\d{0,8}$/.test(text);
