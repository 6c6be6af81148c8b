import type { LedgerDoor } from './application/ledger.ts';
import type { Clock } from './application/ports/clock.ts';
import type { Storage } from './application/ports/storage.ts';
import type { Queries } from './application/queries/queries.ts';
import { RebuildDesk } from './application/rebuilds/rebuild-desk.ts';
import { type Committer, statusOf } from './application/status/status.ts';
import { COMMITTER, leasesTable, NOBODY } from './committer/lease.ts';
import type { Services } from './http/services.ts';
import { VERSION } from './http/version.ts';
import type { JournalQueries } from './journal/journal-queries.ts';

/** Whoever has the lease on this ledger. */
const committerOn = (storage: Storage, holder: string | undefined) => async (): Promise<Committer | undefined> => {
  const lease = await storage.table(leasesTable).get(COMMITTER);
  if (!lease || lease.holder === NOBODY) return undefined;
  const { machine, host, port } = lease;
  return { machine, host, port, isThisProcess: lease.holder === holder };
};

type Parts = Pick<Services, 'isDraining' | 'isSealingRefused'> & {
  readonly clock: Clock;
  readonly queries: Queries;
  readonly journal: JournalQueries;
  readonly ledger: LedgerDoor;
  /** The name under which this process may commit for others. */
  readonly holder: string | undefined;
  /** Milliseconds. */
  readonly keepKeysFor: number;
};

/** What there is for operators beside keys and the access log. */
export const composeAdministration = (
  storage: Storage,
  { clock, queries, journal, ledger, holder, keepKeysFor, isDraining, isSealingRefused }: Parts,
): Pick<Services, 'rebuilds' | 'readStatus'> => {
  const rebuilds = new RebuildDesk(storage, clock, keepKeysFor);
  const readStatus = statusOf({
    version: VERSION,
    ...{ storage, rebuilds, isDraining, isSealingRefused },
    findCommitter: committerOn(storage, holder),
    journalStanding: journal.standing,
    auditStanding: queries.auditStanding,
    waiting: () => ledger.waiting,
  });
  return { rebuilds, readStatus };
};
