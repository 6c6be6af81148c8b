import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Command } from 'commander';
import { pino } from 'pino';
import type { Storage } from '../application/ports/storage.ts';
import { holdLease } from '../committer/hold-lease.ts';
import type { Environment } from '../config/environment.ts';
import type { NoteVerifier } from '../journal/signed-note.ts';
import { countEvents } from '../ledger-file/cut.ts';
import { FileRefused } from '../ledger-file/file-refused.ts';
import { LedgerFileReader } from '../ledger-file/ledger-file-reader.ts';
import { restoreLedger } from '../ledger-file/restore-ledger.ts';
import { TrustedKeys } from '../ledger-file/trusted-keys.ts';
import { createLog } from '../log.ts';
import { projections } from '../projections/index.ts';
import type { Restoration } from '../storage/mongo/restoration.ts';
import { fail, report, UserError, wordsOf } from '../terminal.ts';
import { type AtEnd, progressBar, runScript, toJson } from './script.ts';
import { keyIn } from './verify-proof.ts';

type Options = { readonly key: readonly NoteVerifier[]; readonly json?: true };

type Task = {
  readonly file: string;
  readonly options: Options;
  readonly storage: Storage;
  readonly environment: Environment;
  readonly restoration: Restoration;
  readonly atEnd: AtEnd;
};

const REFUSED = 1;
const CANNOT_BE_DONE = 2;

const STANDARD_INPUT = '-';
const GZIP = Buffer.of(0x1f, 0x8b);

const addKey = (text: string, before: readonly NoteVerifier[]): readonly NoteVerifier[] => [...before, keyIn(text)];

const program = new Command('restore')
  .description(
    'Brings a ledger back into an empty database, from a file of npm run export: every line is checked on its way in, and afterwards the ' +
      'database has what the exported one had, bit for bit.',
  )
  .argument('<file>', 'the file, compressed or not; - is standard input')
  .option('--key <vkey>', 'a verifier key of the ledger; again for each key that it was ever signed with', addKey, [])
  .option('--json', 'say what was restored as JSON')
  .addHelpText(
    'after',
    '\nWithout --key the file is checked against the keys that it names itself: that finds damage, and no forgery.\n' +
      'A restore that was cut off leaves a database that nothing serves; run it again, and it begins anew.\n' +
      "\nA bank's rows are posted by npm run import.\n" +
      '\nExit code: 0 the ledger is there, 1 the file is refused and the database empty again, 2 it cannot be done.',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : CANNOT_BE_DONE))
  .action((file: string, options: Options) =>
    runScript(
      'npm run restore',
      (storage, environment, atEnd, restoration) => {
        if (!restoration) throw new UserError('A ledger can only be restored into MongoDB.');
        return restore({ file, options, storage, environment, restoration, atEnd });
      },
      CANNOT_BE_DONE,
      true,
    ),
  );

/** The bytes of the file, unpacked where they are packed, whatever its name. */
const open = async (file: string): Promise<AsyncIterable<Buffer>> => {
  const input: Readable = file === STANDARD_INPUT ? process.stdin : createReadStream(file);
  try {
    await once(input, 'readable');
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${wordsOf(error)}.`);
  }
  const start = input.read(GZIP.length) as Buffer | null;
  if (start) input.unshift(start);
  if (start?.equals(GZIP) !== true) return input;
  // Whoever reads hears of what fails, at the next read: it may fail while nobody does.
  return pipeline(input, createGunzip(), () => undefined);
};

const fill = async ({ storage, environment }: Task, reader: LedgerFileReader): Promise<void> => {
  const progress = progressBar('events restored', reader.header.events);
  const log = createLog('warn', pino.destination(2));
  const parts = { storage, projections, log, accounts: environment.DAYBOOK_ACCOUNT_CACHE };
  try {
    await restoreLedger(parts, reader.blocks(), progress.advance);
  } finally {
    progress.stop();
  }
};

/** Rejects with UserError where somebody else has had a hand in it. */
const complete = async ({ storage, restoration }: Task, { header }: LedgerFileReader): Promise<void> => {
  const found = await countEvents(storage);
  if (found !== header.events) {
    throw new UserError(
      `The database has ${found} events where ${header.events} were restored: somebody else writes to it.`,
    );
  }
  const { token } = await storage.feed.recover();
  await restoration.complete(header.blocks, token);
};

const tell = ({ file, options }: Task, { header }: LedgerFileReader, keys: TrustedKeys): void => {
  const { journal, exportedAt, blocks, events } = header;
  if (options.json) {
    const isKeyGiven = options.key.length > 0;
    console.log(toJson({ file, journal, exportedAt, events, blocks, verifierKeys: keys.seen, isKeyGiven }));
    return;
  }
  console.log(
    `${events} events in ${blocks} blocks are restored, as ${journal} was when it was exported at ${exportedAt}.`,
  );
  for (const key of keys.seen) console.log(`Signed by ${key}`);
  console.log('npm run verify checks the database once more; then it can be served.');
};

const warnWithoutKey = ({ key }: Options): void => {
  if (key.length > 0) return;
  report('*** NO --key WAS GIVEN: the file is checked against the keys that it names itself. ***');
  report('*** That finds damage, and no forgery: whoever made the file may have made the keys. ***');
};

const restoreFrom = async (task: Task): Promise<void> => {
  const { file, options, storage, restoration, atEnd } = task;
  const keys = new TrustedKeys(options.key);
  warnWithoutKey(options);
  const reader = await LedgerFileReader.open(await open(file), keys);
  const lease = await holdLease(storage);
  if (!lease) throw new UserError('A Daybook serves this database. Stop it, and restore into an empty database.');
  atEnd(lease.release);
  await restoration.begin();
  try {
    await fill(task, reader);
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    report('Removing what was restored …');
    await restoration.giveUp();
    throw error;
  }
  if (!lease.isOurs())
    throw new UserError('Another Daybook has begun to serve this database. Stop it, and restore again.');
  await complete(task, reader);
  tell(task, reader, keys);
};

const restore = async (task: Task): Promise<number> => {
  try {
    await restoreFrom(task);
    return 0;
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    report(`${task.file} is refused: ${error.message}.`);
    return REFUSED;
  }
};

await program.parseAsync().catch((error: unknown) => fail(error, CANNOT_BE_DONE));
