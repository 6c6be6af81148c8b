import type { Access } from '../application/access/access.ts';
import type { Proposals } from '../application/approval/proposals.ts';
import type { LedgerDoor } from '../application/ledger.ts';
import type { Clock } from '../application/ports/clock.ts';
import type { Tracer } from '../application/ports/tracer.ts';
import type { Queries } from '../application/queries/queries.ts';
import type { RebuildDesk } from '../application/rebuilds/rebuild-desk.ts';
import type { ReadStatus } from '../application/status/status.ts';
import type { EventId } from '../domain/event/event-id.ts';
import type { JournalQueries } from '../journal/journal-queries.ts';
import type { OnAnswered } from './middleware/request-context.ts';

/** What every endpoint can reach. */
export type Services = {
  readonly ledger: LedgerDoor;
  readonly queries: Queries;
  readonly proposals: Proposals;
  readonly journal: JournalQueries;
  readonly clock: Clock;
  readonly newEventId: () => EventId;
  /** Rejects where the store does not answer. */
  readonly pingStorage: () => Promise<void>;
  /** Whether the store has been given the shape that this release needs. Rejects where it does not answer. */
  readonly isMigrated: () => Promise<boolean>;
  readonly isDraining: () => boolean;
  /** Whether this process, where it seals, has found what it must not sign. */
  readonly isSealingRefused: () => boolean;
  /** The verifier key of the key that this process has; left out where it has none. */
  readonly ownKey?: string;
  readonly rebuilds: RebuildDesk;
  /** For an operator; what the store does not say is left out. */
  readonly readStatus: ReadStatus;
  readonly access: Access;
  readonly tracer: Tracer;
  readonly metrics: {
    readonly answered: OnAnswered;
    /** In the text format of Prometheus. */
    readonly text: () => Promise<string>;
  };
};
