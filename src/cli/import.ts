import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { parse } from 'csv-parse';
import { pino } from 'pino';
import { AccountPlanner } from '../application/import/account-plan.ts';
import { type BankRow, readBankRow, requiredColumns } from '../application/import/bank-row.ts';
import { Importer, type RowOutcome } from '../application/import/importer.ts';
import type { Storage } from '../application/ports/storage.ts';
import { composeDaybook } from '../compose.ts';
import type { Environment } from '../config/environment.ts';
import { idPattern } from '../domain/account/account-id.ts';
import { type Currency, isCurrency } from '../domain/money/currency.ts';
import { createLog } from '../log.ts';
import { table, UserError, wordsOf } from '../terminal.ts';
import { progressBar, runScript, toJson } from './script.ts';

type Options = { readonly currency: Currency; readonly owner: string; readonly json?: true };

type Refusal = { readonly row: number; readonly reason: string };

type Counts = { posted: number; skipped: number; readonly refused: Refusal[] };

/** A row of the file: its number (the first below the head is 1), and what it says or what is wrong with it. */
type FileRow = { readonly number: number; readonly content: BankRow | { readonly refused: string } };

// So many rows are on their way at once: enough for full batches, few enough to stop soon.
const IN_FLIGHT = 512;

const REFUSALS_SHOWN = 50;

const currency = (text: string): Currency => {
  if (!isCurrency(text)) throw new InvalidArgumentError('Give an ISO 4217 code in capitals, such as CZK.');
  return text;
};

const owner = (text: string): string => {
  if (!idPattern.test(text)) throw new InvalidArgumentError('Give 1–64 of A-Z a-z 0-9 . _ -');
  return text;
};

const program = new Command('import')
  .description(
    "Posts a bank's rows: each with the start of its bookingDate (UTC) as value date and under its transactionId, so that it can be run " +
      'again and nothing counts twice. Accounts are opened as needed, on the date of their first row.',
  )
  .argument(
    '<file>',
    `a CSV file with a head naming the columns ${requiredColumns.join(', ')}; operation and category are kept too`,
  )
  .requiredOption('--currency <code>', 'the currency of the amounts, in minor units', currency)
  .option('--owner <id>', 'who owns the accounts that are opened', owner, 'imported')
  .option('--json', 'print the counts and every refused row as JSON')
  .addHelpText('after', '\nExit code: 0 every row is in the ledger, 1 some were refused.')
  .action((file: string, options: Options) =>
    runScript('npm run import', (storage, environment, atEnd) =>
      importFile({ file, options, storage, environment, atEnd }),
    ),
  );

const mustHaveColumns = (head: readonly string[]): void => {
  const missing = requiredColumns.filter((column) => !head.includes(column));
  if (missing.length > 0) {
    throw new UserError(`The file has no column ${missing.join(', ')}. Its first row must name the columns.`);
  }
  const twice = head.find((column, index) => column !== '' && head.indexOf(column) !== index);
  if (twice !== undefined) throw new UserError(`The file has two columns ${twice}. Each name must stand once.`);
};

/** A field too many is a sign that a comma shifted the row: then none of its fields can be trusted. */
const readRow = (head: readonly string[], fields: readonly string[]): FileRow['content'] => {
  if (fields.length > head.length) return { refused: `has ${fields.length} fields where the head has ${head.length}` };
  return readBankRow(Object.fromEntries(fields.map((field, index) => [head[index], field])));
};

/** The rows of the file, one after the other. Rejects with UserError where it is no CSV with the right columns. */
async function* rowsOf(file: string): AsyncGenerator<FileRow> {
  const options = { bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true };
  let head: readonly string[] | undefined;
  let number = 0;
  try {
    for await (const fields of createReadStream(file).compose(parse(options)) as AsyncIterable<string[]>) {
      if (!head) {
        mustHaveColumns(fields);
        head = fields;
      } else {
        number += 1;
        yield { number, content: readRow(head, fields) };
      }
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = wordsOf(error);
    throw new UserError(`${file} cannot be read as CSV after row ${number}: ${reason}`);
  }
  if (!head) throw new UserError(`${file} is empty. Its first row must name the columns.`);
}

const plan = async (file: string): Promise<{ readonly rows: number; readonly planner: AccountPlanner }> => {
  const isFile = await access(file, constants.R_OK).then(
    async () => (await stat(file)).isFile(),
    () => false,
  );
  if (!isFile) throw new UserError(`There is no file ${file}, or it may not be read.`);
  const planner = new AccountPlanner();
  let rows = 0;
  for await (const { content } of rowsOf(file)) {
    rows += 1;
    if (!('refused' in content)) planner.add(content);
  }
  return { rows, planner };
};

const count = (counts: Counts, row: number, outcome: RowOutcome): void => {
  if (outcome.kind === 'refused') counts.refused.push({ row, reason: outcome.reason });
  else counts[outcome.kind] += 1;
};

const postAll = async (file: string, importer: Importer, advance: (by: number) => void): Promise<Counts> => {
  const counts: Counts = { posted: 0, skipped: 0, refused: [] };
  const inFlight: Promise<void>[] = [];
  try {
    for await (const { number, content } of rowsOf(file)) {
      const outcome: Promise<RowOutcome> =
        'refused' in content ? Promise.resolve({ kind: 'refused', reason: content.refused }) : importer.post(content);
      const counted = outcome.then((settled) => {
        count(counts, number, settled);
        advance(1);
      });
      counted.catch(() => undefined);
      inFlight.push(counted);
      if (inFlight.length >= IN_FLIGHT) await inFlight.shift();
    }
  } finally {
    await Promise.allSettled(inFlight);
  }
  await Promise.all(inFlight);
  return counts;
};

const showCounts = ({ posted, skipped, refused }: Counts, options: Options): void => {
  if (options.json) {
    console.log(toJson({ posted, skipped, refused }));
    return;
  }
  const rows = [
    ['rows', 'count'],
    ['posted', posted.toString()],
    ['skipped, already there', skipped.toString()],
    ['refused', refused.length.toString()],
  ];
  console.log(table(rows));
  if (refused.length === 0) return;
  const shown = refused.slice(0, REFUSALS_SHOWN).map(({ row, reason }) => [row.toString(), reason]);
  console.log(`\n${table([['row', 'reason'], ...shown])}`);
  if (refused.length > REFUSALS_SHOWN)
    console.log(`… and ${refused.length - REFUSALS_SHOWN} more; --json lists them all.`);
};

type Task = {
  readonly file: string;
  readonly options: Options;
  readonly storage: Storage;
  readonly environment: Environment;
  readonly atEnd: (drain: () => Promise<void>) => void;
};

const importFile = async ({ file, options, storage, environment, atEnd }: Task): Promise<number> => {
  const { rows, planner } = await plan(file);
  // Whoever has the database at hand brings over what another bank has done already: nobody is left to approve it.
  const limits = { ...environment, DAYBOOK_APPROVAL_ABOVE: undefined };
  const daybook = composeDaybook(storage, limits, createLog('warn', pino.destination(2)));
  const progress = progressBar('rows', rows);
  atEnd(async () => {
    progress.stop();
    await daybook.drain();
  });
  const { currency, owner } = options;
  const importer = new Importer({ ledger: daybook.ledger, storage, currency, ownerId: owner, plans: planner.plans() });
  const counts = await postAll(file, importer, progress.advance);
  progress.stop();
  showCounts({ ...counts, refused: counts.refused.sort((left, right) => left.row - right.row) }, options);
  return counts.refused.length === 0 ? 0 : 1;
};

await program.parseAsync();
