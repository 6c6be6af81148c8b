import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { alterHistory } from '../what-if/alter-history.ts';
import { dryRun } from '../what-if/dry-run.ts';
import { auditStanding } from './audit-standing.ts';
import { readDiff } from './diff.ts';
import { explainBalance } from './explain-balance.ts';
import { findAccount } from './find-account.ts';
import { findReversibleEvent } from './find-reversible-event.ts';
import { findTransfer } from './find-transfer.ts';
import { findHold, listHolds } from './holds.ts';
import { listAccounts } from './list-accounts.ts';
import { listEvents } from './list-events.ts';
import { readStatement } from './statement.ts';
import { readTrialBalance } from './trial-balance.ts';

/** Everything that can be asked of the ledger. Nothing here writes. */
export const queriesOver = (storage: Storage, clock: Clock) => ({
  auditStanding: auditStanding(storage),
  alterHistory: alterHistory(storage, clock),
  dryRun: dryRun(storage, clock),
  explainBalance: explainBalance(storage, clock),
  findAccount: findAccount(storage, clock),
  findHold: findHold(storage),
  findReversibleEvent: findReversibleEvent(storage),
  findTransfer: findTransfer(storage),
  listAccounts: listAccounts(storage),
  listEvents: listEvents(storage),
  listHolds: listHolds(storage),
  readDiff: readDiff(storage, clock),
  readStatement: readStatement(storage, clock),
  readTrialBalance: readTrialBalance(storage, clock),
});

export type Queries = ReturnType<typeof queriesOver>;
