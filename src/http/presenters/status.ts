import type { Status } from '../../application/status/status.ts';
import { presentRebuild } from './rebuild.ts';
import type { Json } from './wire.ts';

const presentMigrations = (migrations: NonNullable<Status['migrations']>): Json => {
  const missing = migrations.filter(({ appliedAt }) => !appliedAt).map(({ id }) => id);
  return { applied: migrations.length - missing.length, expected: migrations.length, missing };
};

const presentAudit = ({ auditedAt, ...standing }: NonNullable<Status['audit']>): Json => ({
  ...(auditedAt && { auditedAt: auditedAt.toISOString() }),
  ...standing,
});

export const presentStatus = (status: Status): Json => ({
  ...status,
  startedAt: status.startedAt.toISOString(),
  migrations: status.migrations && presentMigrations(status.migrations),
  audit: status.audit && presentAudit(status.audit),
  rebuild: status.rebuild && presentRebuild(status.rebuild),
});
