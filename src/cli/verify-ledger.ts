import { readFile, writeFile } from 'node:fs/promises';
import type { JournalStore } from '../application/ports/journal-store.ts';
import type { Storage } from '../application/ports/storage.ts';
import { Findings } from '../application/verify/findings.ts';
import { type Environment, signedCheckpointFileOf } from '../config/environment.ts';
import { type Checkpoint, NOTHING_SEALED, openCheckpoint, signCheckpoint } from '../journal/checkpoint.ts';
import { JournalWentBack, standingOf } from '../journal/go-on-from.ts';
import { NoteRefused, type NoteSigner, type NoteVerifier } from '../journal/signed-note.ts';
import { SignedCheckpoint } from '../journal/signed-checkpoint.ts';
import type { Witness } from '../journal/verify/check-block.ts';
import { readSigner } from '../open-signer.ts';
import { report, UserError, wordsOf } from '../terminal.ts';
import { checkLedger, type LedgerSeen } from './check-ledger.ts';
import { adviceOn, findingText } from './finding-text.ts';
import { progressBar, runScript, toJson } from './script.ts';
import { keyIn } from './verify-proof.ts';

type Options = {
  readonly key: readonly string[];
  readonly since?: string;
  readonly save?: string;
  readonly json?: true;
};

type Verifiers = Pick<Witness, 'verifier'> & {
  readonly others: readonly NoteVerifier[];
  /** Whoever runs this; undefined where only verifier keys were given. */
  readonly signer?: NoteSigner;
};

const verifiersOf = async ({ key }: Options, environment: Environment): Promise<Verifiers> => {
  const [verifier, ...others] = key.map(keyIn);
  if (verifier) return { verifier, others };
  const signer = await readSigner(environment);
  return { verifier: signer, others, signer };
};

const opened = (note: string, { verifier, others }: Verifiers): Checkpoint => {
  for (const other of others) {
    try {
      return openCheckpoint(note, other);
    } catch (error) {
      if (!(error instanceof NoteRefused)) throw error;
    }
  }
  return openCheckpoint(note, verifier);
};

const checkpointIn = async (file: string, verifiers: Verifiers): Promise<Checkpoint> => {
  const note = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`The checkpoint cannot be read: ${wordsOf(error)}`);
  });
  try {
    return opened(note, verifiers);
  } catch (error) {
    if (error instanceof NoteRefused) throw new UserError(`${file} is no checkpoint of this ledger: ${error.message}.`);
    throw error;
  }
};

/** What the journal must have grown from, and the block that comes next in it. */
type Kept = Pick<Witness, 'since' | 'due'>;

/**
 * Whoever has the signing key has what was signed with it last, too. A journal that has not grown from it is a finding of the check itself;
 * one that lacks no more than a block that is due has.
 */
const signedHere = async ({ key }: Options, environment: Environment, journal: JournalStore): Promise<Kept> => {
  if (key.length > 0) return {};
  const path = signedCheckpointFileOf(environment);
  const signed = await new SignedCheckpoint(path).lastIfAny();
  if (!signed) {
    report(
      `There is no ${path}, which says what was signed last: whether the end of the journal was cut off is not seen.`,
    );
    return {};
  }
  try {
    const { due, now } = await standingOf(signed, journal);
    return due ? { since: now, due } : { since: signed.checkpoint };
  } catch (error) {
    // A last block of another shape than it must have is named by the check, too.
    const isOfJournal = [JournalWentBack, RangeError, TypeError].some((kind) => error instanceof kind);
    if (isOfJournal) return { since: signed.checkpoint };
    throw error;
  }
};

const extentOf = ({ journal, waiting, streams }: LedgerSeen): string =>
  `${journal.events} events in ${journal.blocks} blocks, ${streams.events} in ${streams.streams} streams, ${streams.rows} rows; ` +
  `${waiting} events wait to be sealed`;

const linesOf = (seen: LedgerSeen, { first, counts }: Findings): string => {
  const [finding] = first;
  if (!finding) return `All is well: ${extentOf(seen)}.`;
  const kinds = [...counts].map(([kind, count]) => `  ${count} × ${kind}`);
  return [`NOT well: ${findingText(finding)}`, ...kinds, `Looked at: ${extentOf(seen)}.`, ...adviceOn(first)].join(
    '\n',
  );
};

const jsonOf = ({ journal, waiting, streams: { rows, ...streams } }: LedgerSeen, { first, counts }: Findings): string =>
  toJson({
    well: first.length === 0,
    journal: { events: journal.events, blocks: journal.blocks },
    waiting,
    streams,
    rows,
    counts: Object.fromEntries(counts),
    findings: first.map((finding) => ({ ...finding, sentence: findingText(finding) })),
  });

const keptOf = async (options: Options, verifiers: Verifiers, environment: Environment, journal: JournalStore) =>
  options.since === undefined
    ? signedHere(options, environment, journal)
    : { since: await checkpointIn(options.since, verifiers) };

/** Of a journal without a block, the checkpoint that its signer begins with. */
const save = async ({ save: file }: Options, { signer }: Verifiers, last: string | undefined): Promise<void> => {
  const checkpoint = last ?? (signer && signCheckpoint(NOTHING_SEALED, signer));
  if (file !== undefined && checkpoint !== undefined) await writeFile(file, checkpoint);
};

const answer = async (storage: Storage, environment: Environment, options: Options): Promise<number> => {
  const verifiers = await verifiersOf(options, environment);
  const kept = await keptOf(options, verifiers, environment, storage.journal);
  const findings = new Findings();
  const seen = await checkLedger(storage, { ...verifiers, ...kept }, findings.tell, progressBar);
  console.log((options.json ? jsonOf : linesOf)(seen, findings));
  if (findings.first.length > 0) return 1;
  await save(options, verifiers, seen.journal.checkpoint);
  return 0;
};

/** Checks the whole ledger that the settings name. Where nothing can be said, the process ends with `cannotTell`. */
export const verifyLedger = (options: Options, cannotTell: number): void =>
  runScript('npm run verify', (storage, environment) => answer(storage, environment, options), cannotTell);
