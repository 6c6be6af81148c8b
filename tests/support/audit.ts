import type { ApiClient, Json } from './api.ts';

/** What `GET /health` says of the audit. */
export type AuditTold = {
  readonly accounts: number;
  readonly passes: number;
  readonly driftCount: number;
  readonly drift: readonly (Json & { readonly accountId: string; readonly readModel: string })[];
};

/** Undefined where nothing was audited yet. */
export const auditOf = async (client: ApiClient): Promise<AuditTold | undefined> =>
  (await client.get('/health')).body.audit as AuditTold | undefined;

/** Lines of a log as a process writes it, those of the audit only. */
export const auditLines = (log: string): readonly Json[] =>
  log
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('the audit'))
    .map((line) => JSON.parse(line) as Json);
