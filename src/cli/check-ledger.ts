import type { Tell } from '../application/ports/finding.ts';
import type { Storage } from '../application/ports/storage.ts';
import { checkGuards, checkShapes } from '../application/verify/check-shapes.ts';
import { checkStrangers } from '../application/verify/check-strangers.ts';
import { checkStreams, type StreamsSeen } from '../application/verify/check-streams.ts';
import { SealedCheck } from '../application/verify/sealed-check.ts';
import { atOnce } from '../application/verify/verify-parts.ts';
import { systemClock } from '../compose.ts';
import type { Witness } from '../journal/verify/check-block.ts';
import { whyUnsealable } from '../journal/verify/check-events.ts';
import { checkJournal, type JournalSeen } from '../journal/verify/check-journal.ts';
import { projections } from '../projections/index.ts';
import type { Progress } from './script.ts';

/** How much of a ledger was checked. */
export type LedgerSeen = {
  readonly journal: JournalSeen;
  /** Events so young that the sealer may not have come to them. */
  readonly waiting: number;
  readonly streams: StreamsSeen;
};

/** Says how far a check is, of about so many. */
type ShowProgress = (what: string, total: number) => Progress;

const JOURNAL = ['journal', 'journal_tiles'];
const OTHERS = [
  'events',
  'snapshots',
  'idempotency_keys',
  'transaction_ids',
  'proposals',
  ...projections.map(({ table }) => table.name),
];

const NOTHING: LedgerSeen = {
  journal: { events: 0, blocks: 0, checkpoint: undefined, sealed: { upTo: () => 0, last: () => 0 } },
  waiting: 0,
  streams: { streams: 0, events: 0, rows: 0 },
};

/**
 * Checks the whole ledger, and tells of every bad place: what lets bad ones in, then the journal, then streams with what follows from them, then what follows
 * from none. Behind a journal that cannot even be read, nothing else is looked at.
 */
export const checkLedger = async (
  storage: Storage,
  witness: Witness,
  tell: Tell,
  show: ShowProgress,
): Promise<LedgerSeen> => {
  const begun = systemClock.now();
  await checkGuards(storage, [...JOURNAL, ...OTHERS], tell);
  if ((await checkShapes(storage, JOURNAL, tell)) > 0) return NOTHING;
  const head = await storage.journal.head();
  const inJournal = show('events in the journal', head?.treeSize ?? 0);
  const journal = await checkJournal(storage, witness, tell, inJournal.advance);
  inJournal.stop();
  const inStreams = show('events in their streams', journal.events);
  const sealed = new SealedCheck({ storage, clock: systemClock, begun, sealed: journal.sealed, whyUnsealable });
  const parts = { storage, projections, sealed };
  // The store goes through its documents while this process is busy with streams.
  const [streams] = await Promise.all([
    checkStreams(parts, tell, inStreams.advance),
    checkShapes(storage, OTHERS, tell),
  ]);
  inStreams.stop();
  const inRows = show('rows of read models', streams.streams);
  await checkStrangers(storage, tell, { ...atOnce, pace: inRows.advance });
  inRows.stop();
  return { journal, waiting: sealed.waiting, streams };
};
