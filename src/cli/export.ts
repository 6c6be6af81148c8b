import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Command, InvalidArgumentError } from 'commander';
import type { BlockHead, JournalStore } from '../application/ports/journal-store.ts';
import type { Storage } from '../application/ports/storage.ts';
import { type Environment, signedCheckpointFileOf } from '../config/environment.ts';
import { hasGrown, JournalWentBack, standingOf } from '../journal/go-on-from.ts';
import { hashFrom } from '../journal/merkle/hash.ts';
import { type Signed, SignedCheckpoint } from '../journal/signed-checkpoint.ts';
import { verifierKeyOf } from '../journal/signed-note.ts';
import { countEvents, findCut } from '../ledger-file/cut.ts';
import { type Exported, exportLedger, LedgerDamaged } from '../ledger-file/export-ledger.ts';
import { readSigner } from '../open-signer.ts';
import { report, UserError, wordsOf } from '../terminal.ts';
import { type AtEnd, type Progress, progressBar, runScript, toJson } from './script.ts';

type Options = { readonly wait: number; readonly json?: true };

type Task = {
  readonly file: string;
  readonly options: Options;
  readonly storage: Storage;
  readonly environment: Environment;
};

const DAMAGED = 1;
const CANNOT_BE_DONE = 2;

const STANDARD_OUTPUT = '-';

const seconds = (text: string): number => {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Give a whole number of seconds.');
  return Number(text);
};

const program = new Command('export')
  .description(
    'Writes the whole ledger, up to a sealed event, into one file that npm run restore brings back: events, journal, idempotency keys and ' +
      'transaction ids, signed with the key of the journal. The API may serve meanwhile. The private key is not in the file: keep it elsewhere.',
  )
  .argument('<file>', 'where to; compressed where its name ends with .gz; - is standard output')
  .option('--wait <seconds>', 'how long to wait for the sealer where events are not sealed yet', seconds, 10)
  .option('--json', 'say what was written as JSON')
  .addHelpText(
    'after',
    '\nThe file appears under its name when it is whole, and replaces one of that name; until then it is called <file>.partial.\n' +
      '\nExit code: 0 it is written, 1 the ledger is damaged and npm run verify says where, 2 it cannot be written.',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : CANNOT_BE_DONE))
  .action((file: string, options: Options) =>
    runScript(
      'npm run export',
      (storage, environment, atEnd) => exportTo({ file, options, storage, environment }, atEnd),
      CANNOT_BE_DONE,
    ),
  );

async function* textsOf(parts: AsyncIterable<Exported>, progress: Progress): AsyncGenerator<string> {
  for await (const { text, events } of parts) {
    progress.advance(events);
    yield text;
  }
}

const writeAll = async (texts: AsyncIterable<string>, output: Writable): Promise<void> => {
  for await (const text of texts) if (!output.write(text)) await once(output, 'drain');
};

/** Under its own name only when it is whole and on the disk. */
const writeFile = async (texts: AsyncIterable<string>, file: string, atEnd: AtEnd): Promise<void> => {
  const partial = `${file}.partial`;
  const stop = new AbortController();
  // For nobody else on this machine: everything that customers have done is in it.
  const output = createWriteStream(partial, { flush: true, mode: 0o600 });
  const packed = file.endsWith('.gz') ? [createGzip()] : [];
  const written = pipeline([Readable.from(texts), ...packed, output], { signal: stop.signal });
  atEnd(async () => {
    stop.abort();
    await written.catch(() => undefined);
    await rm(partial, { force: true });
  });
  await written;
  await rename(partial, file);
};

const isOfFileSystem = (error: unknown): error is Error => error instanceof Error && 'syscall' in error;

const write = async (parts: AsyncIterable<Exported>, { file }: Task, events: number, atEnd: AtEnd): Promise<void> => {
  const progress = progressBar('events exported', events);
  atEnd(() => {
    progress.stop();
    return Promise.resolve();
  });
  const texts = textsOf(parts, progress);
  try {
    await (file === STANDARD_OUTPUT ? writeAll(texts, process.stdout) : writeFile(texts, file, atEnd));
  } catch (error) {
    if (isOfFileSystem(error)) throw new UserError(`${file} cannot be written: ${wordsOf(error)}.`);
    throw error;
  } finally {
    progress.stop();
  }
};

const cutOf = async ({ storage, options }: Task): Promise<BlockHead> => {
  const onWaiting = (events: number): void =>
    report(`${events} events are recorded and not sealed yet: waiting for the sealer, ${options.wait} seconds at most`);
  const cut = await findCut(storage, { until: performance.now() + options.wait * 1_000, onWaiting });
  if (cut) return cut;
  throw new UserError(
    'Nothing is sealed that could be exported. Events are sealed where npm start runs; a ledger that never had a journal gets one there.',
  );
};

const tell = ({ file, options }: Task, cut: BlockHead, more: { verifierKey: string; left: number }): void => {
  const { number: blocks, treeSize: events } = cut;
  const { verifierKey, left } = more;
  // Standard output is the file itself.
  const say = file === STANDARD_OUTPUT ? report : (line: string): void => console.log(line);
  if (options.json) say(toJson({ file, events, blocks, notExported: left, verifierKey }));
  else say(`${events} events in ${blocks} blocks are in ${file}, signed by ${verifierKey}.`);
  if (!options.json && left > 0) say(`${left} events are not in it: they were recorded later, or are not sealed yet.`);
};

/** What is exported is signed once more: never anything but the beginning of what the sealer has signed. */
const mustHaveBeenSigned = async (cut: BlockHead, signed: Signed, journal: JournalStore): Promise<void> => {
  const { now, tree } = await standingOf(signed, journal);
  // What was signed was read behind the cut: where it is less than that, nobody here has signed the last block. A new key has signed nothing yet.
  const { size } = signed.checkpoint;
  const isSigned = cut.treeSize <= size || size === 0;
  if (isSigned && (await hasGrown({ size: cut.treeSize, root: hashFrom(cut.rootHash) }, now, tree))) return;
  throw new LedgerDamaged(
    `journal: block ${cut.number} is not one that was signed here, or that its end has grown from`,
  );
};

const exportTo = async (task: Task, atEnd: AtEnd): Promise<number> => {
  const { storage, environment } = task;
  const signer = await readSigner(environment);
  const cut = await cutOf(task);
  const signed = await new SignedCheckpoint(signedCheckpointFileOf(environment)).last();
  const left = Math.max(0, (await countEvents(storage)) - cut.treeSize);
  try {
    await mustHaveBeenSigned(cut, signed, storage.journal);
    await write(exportLedger(storage, cut, signer), task, cut.treeSize, atEnd);
  } catch (error) {
    if (!(error instanceof LedgerDamaged || error instanceof JournalWentBack)) throw error;
    report(
      `Nothing was exported: the ledger is damaged. ${error.message.replace(/\.$/, '')}. npm run verify says more.`,
    );
    return DAMAGED;
  }
  tell(task, cut, { verifierKey: verifierKeyOf(signer), left });
  return 0;
};

// Whoever reads standard output may have had enough of it.
process.stdout.on('error', (error) => {
  report(`Standard output cannot be written: ${wordsOf(error)}.`);
  process.exit(CANNOT_BE_DONE);
});

await program.parseAsync();
