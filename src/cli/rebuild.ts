import { Command } from 'commander';
import { accessLogRowOf, accessLogTable } from '../application/access/access-log.ts';
import type { Storage } from '../application/ports/storage.ts';
import type { Difference } from '../application/replay/differences.ts';
import { Rebuild } from '../application/replay/rebuild.ts';
import { type AccountId, type StreamId, streamIdOf } from '../domain/account/account-id.ts';
import { accountsTable } from '../projections/accounts/accounts.ts';
import { projections } from '../projections/index.ts';
import { report, UserError } from '../terminal.ts';
import { differenceLines } from './difference-text.ts';
import { progressBar, runScript, toJson } from './script.ts';
import { scriptAct } from './script-act.ts';

type Options = { readonly account?: string; readonly switch?: true; readonly json?: true };

const LINES_SHOWN = 100;

const program = new Command('rebuild')
  .description(
    'Rebuilds the read models from the events into shadow collections while the API serves, compares them with the live ones cell ' +
      'by cell, and reports every difference.',
  )
  .option('--account <id>', 'this account only')
  .option('--switch', 'put what the events say in place of what differs')
  .option('--json', 'print one JSON document with every difference')
  .addHelpText('after', '\nExit code: 0 the read models agree (after --switch: now), 1 they differ.')
  .action((options: Options) =>
    runScript('npm run rebuild', (storage, _environment, atEnd) => rebuild(storage, options, atEnd)),
  );

type Scope = {
  readonly accountId?: AccountId;
  readonly events: number;
  readonly streams: () => AsyncGenerator<StreamId>;
};

const oneAccount = async (storage: Storage, accountId: AccountId): Promise<Scope> => {
  const streamId = streamIdOf(accountId);
  const [first] = await storage.events.read(streamId, { after: 0, limit: 1 });
  if (!first) throw new UserError(`There is no account ${accountId}.`);
  const row = await storage.table(accountsTable).get(accountId);
  return {
    accountId,
    events: row?.version ?? 1,
    async *streams() {
      yield await Promise.resolve(streamId);
    },
  };
};

const everyAccount = async (storage: Storage): Promise<Scope> => {
  let events = 0;
  for await (const { version } of storage.events.heads()) events += version;
  return {
    events,
    async *streams() {
      for await (const { streamId } of storage.events.heads()) yield streamId;
    },
  };
};

const show = (differences: readonly Difference[]): void => {
  const lines = differences.flatMap(differenceLines);
  for (const line of lines.slice(0, LINES_SHOWN)) console.log(`  ${line}`);
  if (lines.length > LINES_SHOWN) console.log(`  … and ${lines.length - LINES_SHOWN} more; --json lists them all.`);
};

const verdict = (options: Options, left: readonly Difference[]): string => {
  if (!options.switch) return 'Nothing was changed. With --switch, what the events say takes their place.';
  return left.length === 0 ? 'Switched: they agree now.' : `${left.length} rows still differ.`;
};

const conclude = (options: Options, found: readonly Difference[], left: readonly Difference[]): number => {
  if (options.json) console.log(toJson({ agree: left.length === 0, differences: found, left }));
  else if (found.length === 0) console.log('The read models agree with the events, cell by cell.');
  else {
    console.log(`${found.length} rows differ from what the events say:`);
    show(found);
    console.log(verdict(options, left));
  }
  return left.length === 0 ? 0 : 1;
};

/** Before anything is put right: what an administrator does beside the database is in the access log like what is asked for over HTTP. */
const writeDown = async (storage: Storage, { accountId: about }: Scope): Promise<void> => {
  const act = { ...scriptAct('npm run rebuild'), what: 'switchRebuild', outcome: 'done' as const };
  const row = accessLogRowOf({ ...act, ...(about !== undefined && { about }) }, new Date());
  await storage.transactionally((work) => storage.table(accessLogTable).write(work, [{ kind: 'insert', row }]));
};

const rebuild = async (
  storage: Storage,
  options: Options,
  atEnd: (drop: () => Promise<void>) => void,
): Promise<number> => {
  const { account } = options;
  const scope = account === undefined ? await everyAccount(storage) : await oneAccount(storage, account as AccountId);
  report(`rebuilding ${scope.accountId ?? 'every account'} into shadow collections`);
  const shadow = await storage.openShadow(projections.map(({ table }) => table));
  atEnd(() => shadow.drop());
  const run = new Rebuild(storage, { ...shadow, transactionally: storage.transactionally }, projections);
  const filling = progressBar('events', scope.events);
  await run.fill(scope.streams(), filling.advance);
  filling.stop();
  const comparing = progressBar('rows compared', scope.events);
  const found = await run.compare(scope.accountId, comparing.advance);
  comparing.stop();
  if (!options.switch) return conclude(options, found, found);
  await writeDown(storage, scope);
  return conclude(options, found, await run.switchOver(found));
};

await program.parseAsync();
