import { Gauge, Registry } from 'prom-client';
import type { Queries } from '../application/queries/queries.ts';
import type { JournalQueries } from '../journal/journal-queries.ts';

type Asked = { readonly queries: Pick<Queries, 'auditStanding'>; readonly journal: Pick<JournalQueries, 'standing'> };

type Figures = Readonly<Record<string, readonly [help: string, value: number]>>;

const journalFigures = async ({ journal }: Asked): Promise<Figures> => {
  const { position, lagMs } = await journal.standing();
  return {
    journal_position: ['Events in the journal.', position],
    journal_lag_seconds: ['How long the first event has waited that is not sealed.', lagMs / 1_000],
  };
};

const auditFigures = async ({ queries }: Asked): Promise<Figures> => {
  const audit = await queries.auditStanding();
  if (!audit) return {};
  const { driftCount, passes, accounts, walk, auditedAt } = audit;
  return {
    audit_drift: ['Places where read models or events are not what the events give.', driftCount],
    audit_passes: ['How often all accounts have been audited.', passes],
    audit_accounts: ['Accounts that were audited when all had been last.', accounts],
    audit_walk_accounts: ['Accounts that were audited since.', walk.accounts],
    audit_walk_events: ['Events that were audited since.', walk.events],
    ...(auditedAt && {
      audit_last_pass_timestamp_seconds: ['When all accounts had been audited last.', auditedAt.getTime() / 1_000],
    }),
  };
};

/** What the store says of the ledger, whichever process is asked. What it does not say is left out. */
export const ledgerMetrics = async (asked: Asked): Promise<string> => {
  const unknown = (): Figures => ({});
  const [journal, audit] = await Promise.all([
    journalFigures(asked).catch(unknown),
    auditFigures(asked).catch(unknown),
  ]);
  const registry = new Registry();
  for (const [name, [help, value]] of Object.entries({ ...journal, ...audit })) {
    new Gauge({ name: `daybook_${name}`, help, registers: [registry] }).set(value);
  }
  return registry.metrics();
};
