import type { Answer } from '../../application/commands/command.ts';
import type { RebuildRow } from '../../application/rebuilds/rebuild-row.ts';
import type { Json } from './wire.ts';

export const presentRebuild = (row: RebuildRow): Json => ({
  rebuildId: row._id,
  status: row.status,
  accountId: row.accountId,
  requestedBy: row.requestedBy,
  requestedAt: row.requestedAt.toISOString(),
  switchedBy: row.switchedBy,
  cancelledBy: row.cancelledBy,
  startedAt: row.startedAt?.toISOString(),
  finishedAt: row.finishedAt?.toISOString(),
  progress: {
    events: { done: row.progress.events, total: row.progress.ofEvents },
    accounts: row.progress.accounts,
    rowsCompared: row.progress.rows,
  },
  comparison: row.comparison,
  mended: row.mended,
  failure: row.failure,
});

/** 202: it was taken, and goes on behind the answer. */
export const answerRebuild =
  (status: 200 | 202) =>
  (row: RebuildRow): Answer => ({
    status,
    body: JSON.stringify(presentRebuild(row)),
    location: `/v1/admin/rebuilds/${row._id}`,
  });
