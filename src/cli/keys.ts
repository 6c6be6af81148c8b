import { Command } from 'commander';
import { type IssuedKey, KeyRefused } from '../application/access/key-keeper.ts';
import { type ApiKeyRow, prefixOf } from '../application/access/api-keys.ts';
import { systemClock } from '../compose.ts';
import { composeAccess } from '../compose-access.ts';
import { presentIssuedKey, presentKey } from '../http/presenters/access.ts';
import { newKey, prefix as prefixSchema, rotation } from '../http/schemas/access.ts';
import { createLog } from '../log.ts';
import { report, table, UserError } from '../terminal.ts';
import { runScript, toJson } from './script.ts';
import { scriptAct } from './script-act.ts';
import type { Access } from '../application/access/access.ts';
import type { z } from 'zod';
import { pino } from 'pino';

type Json = { readonly json?: boolean };

const act = () => scriptAct('npm run keys');

/** What was given on the command line, or why it cannot be used. */
const parsed = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'this'}: ${message}`);
  throw new UserError(problems.join('\n'));
};

/** A whole key names itself, too. */
const prefixIn = (text: string): string => parsed(prefixSchema, prefixOf(text) ?? text);

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** The key alone on standard output, so that a script can take it; the rest is for the person. */
const tellKey = (issued: IssuedKey, { json = false }: Json): void => {
  if (json) print(toJson(presentIssuedKey(issued)));
  else {
    report(`The key ${issued.row._id} is told once, here. Send it as: Authorization: Bearer <key>`);
    print(issued.key);
  }
};

const standingOf = ({ revokedAt, rotatedAt }: ApiKeyRow): string => {
  if (revokedAt) return `revoked ${revokedAt.toISOString()}`;
  return rotatedAt ? `rotated ${rotatedAt.toISOString()}` : 'as made';
};

const PAGE = 200;

const everyKey = async ({ keys }: Access): Promise<readonly ApiKeyRow[]> => {
  const all: ApiKeyRow[] = [];
  for (;;) {
    const after = all.at(-1)?._id;
    const page = await keys.list({ limit: PAGE, ...(after !== undefined && { after }) });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
};

const head = ['PREFIX', 'NAME', 'SCOPES', 'OWNER', 'MADE', 'STANDING'];

const rowOf = (key: ApiKeyRow): readonly string[] => [
  key._id,
  key.name,
  key.scopes.join(','),
  key.ownerId ?? 'all',
  key.createdAt.toISOString(),
  standingOf(key),
];

const inWords = (error: unknown): unknown => {
  if (!(error instanceof KeyRefused)) return error;
  const { code, prefix } = error;
  return new UserError(code === 'KEY_NOT_FOUND' ? `There is no API key ${prefix}.` : `The key ${prefix} is revoked.`);
};

const withAccess = (work: (access: Access) => Promise<void>): void =>
  runScript('npm run keys', async (storage) => {
    const access = composeAccess(storage, 'open', createLog('warn', pino.destination(2)), systemClock);
    try {
      await work(access);
      return 0;
    } catch (error) {
      throw inWords(error);
    }
  });

type NewKeyOptions = Json & { readonly name: string; readonly scopes: string; readonly owner?: string };

const program = new Command('keys').description(
  'Makes, lists, rotates and revokes API keys. Of a key only the SHA-256 is kept: it is told once. A server that is open asks for keys from ' +
    'its next start on.',
);

program
  .command('create')
  .description('makes a key, and prints it')
  .requiredOption('--name <name>', 'whose or what for it is')
  .requiredOption(
    '--scopes <list>',
    'what it may do: accounts:read, money:write, money:approve, audit:read, admin, with commas between',
  )
  .option('--owner <ownerId>', 'it sees and moves the accounts of this owner only')
  .option('--json', 'print one JSON document instead')
  .action(({ name, scopes, owner, ...options }: NewKeyOptions) => {
    const wanted = { name, scopes: scopes.split(','), ...(owner !== undefined && { ownerId: owner }) };
    withAccess(async ({ keys }) => tellKey(await keys.create(parsed(newKey, wanted), act()), options));
  });

program
  .command('list')
  .description('every key that was ever made')
  .option('--json', 'print one JSON document instead')
  .action(({ json = false }: Json) => {
    withAccess(async (access) => {
      const all = await everyKey(access);
      print(json ? toJson(all.map(presentKey)) : table([head, ...all.map(rowOf)]));
    });
  });

program
  .command('rotate <prefix>')
  .description('gives a key another secret, and prints it')
  .option('--keep-old-for <seconds>', 'how long the old key is still taken, at most a week', '0')
  .option('--json', 'print one JSON document instead')
  .action((prefix: string, { keepOldFor, ...options }: Json & { readonly keepOldFor: string }) => {
    withAccess(async ({ keys }) => {
      const { keepOldForSeconds } = parsed(rotation, { keepOldForSeconds: Number(keepOldFor) });
      tellKey(await keys.rotate(prefixIn(prefix), keepOldForSeconds * 1_000, act()), options);
    });
  });

program
  .command('revoke <prefix>')
  .description('ends a key for good: running processes take it for two seconds more at most')
  .action((prefix: string) => {
    withAccess(async ({ keys }) => {
      const { _id } = await keys.revoke(prefixIn(prefix), act());
      report(`The key ${_id} is revoked.`);
    });
  });

await program.parseAsync();
