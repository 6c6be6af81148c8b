import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, type Options, resolveConfig } from 'prettier';
import { z } from 'zod';
import { environmentSchema } from '../src/config/environment.ts';
import { endpoints } from '../src/http/endpoints.ts';
import { openApiOf } from '../src/http/openapi.ts';
import { problemByCode } from '../src/http/problem-details.ts';
import type { ProblemKind } from '../src/http/problem-kind.ts';

type Setting = { readonly name: string; readonly values: string; readonly byDefault: string; readonly purpose: string };

type SettingSchema = {
  readonly description?: string;
  readonly default?: string | number;
  readonly enum?: readonly string[];
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
};

const valuesOf = ({ enum: names, type, minimum, maximum }: SettingSchema): string => {
  if (names) return names.join(', ');
  return type === 'integer' ? `${minimum ?? 0}–${maximum ?? '∞'}` : 'text';
};

/** Every setting of the API and the scripts, as the schema has it that checks them. */
const settings = (): readonly Setting[] => {
  const { properties = {} } = z.toJSONSchema(environmentSchema, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const schema = property as SettingSchema;
    const purpose = schema.description ?? '';
    return { name, values: valuesOf(schema), byDefault: String(schema.default ?? ''), purpose };
  });
};

const composePurposes: Readonly<Record<string, string>> = {
  API_HOST: 'Address of the host on which the API is published.',
  API_PORT: 'Port of the host on which the API is published.',
  GRAFANA_ADMIN_PASSWORD:
    'Of `admin` in Grafana, with `--profile monitoring`; whoever may reach its port may look without.',
  GRAFANA_PORT: 'Port of this machine on which Grafana is published, with `--profile monitoring`.',
  MONGO_ADMIN_PASSWORD: 'Of `daybook-admin`, who sets the database up. It stays what it was at the first start.',
  MONGO_API_PASSWORD: 'Of `daybook-api`, who may insert and read events and never change or remove one.',
  MONGO_REBUILD_PASSWORD: 'Of `daybook-rebuild`, who may mend read models, and write shadows of them.',
  MONGO_MIGRATE_PASSWORD: 'Of `daybook-migrate`, who may create collections and indexes.',
};

/** The variables of docker-compose.yml; one without a purpose here, or here without a place there, is an error. */
const composeSettings = (compose: string): readonly Setting[] => {
  const found = [...compose.matchAll(/\$\{([A-Z_]+):-([^}]*)\}/g)].filter(
    // Settings of Daybook itself stand among those.
    ([, name = '']) => name !== 'NAME' && !name.startsWith('DAYBOOK_'),
  );
  const defaults = new Map(found.map(([, name = '', byDefault = '']) => [name, byDefault]));
  const names = Object.keys(composePurposes);
  const strangers = [...new Set([...names, ...defaults.keys()])].filter(
    (name) => !defaults.has(name) || !names.includes(name),
  );
  if (strangers.length > 0)
    throw new Error(`tools/reference.ts and docker-compose.yml disagree on ${strangers.join()}`);
  return names.map((name) => ({
    name,
    values: name.endsWith('_PASSWORD') ? '8–128 of A-Z a-z 0-9 . _ ~ -' : 'text',
    byDefault: defaults.get(name) ?? '',
    purpose: composePurposes[name] ?? '',
  }));
};

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const settingsTable = (all: readonly Setting[]): string =>
  table(
    ['Setting', 'Values', 'Default', 'What it is for'],
    all.map(({ name, values, byDefault, purpose }) => [code(name), values, code(byDefault), purpose]),
  );

const problems = Object.entries<ProblemKind>(problemByCode).sort(([, left], [, right]) => left.status - right.status);

const errorsTable = (): string =>
  table(
    ['Code', 'Status', 'Meaning', 'What to do next'],
    problems.map(([name, { status, title, next }]) => [code(name), String(status), title, next]),
  );

const errorsPage = (): string => {
  const retryable = problems.filter(([, kind]) => kind.retryable).map(([name]) => code(name));
  const orders = endpoints
    .filter(({ rejects }) => rejects.length > 0)
    .map(
      ({ method, path, rejects }) => `- ${code(`${method.toUpperCase()} ${path}`)}: ${rejects.map(code).join(', ')}`,
    );
  return [
    '# Errors',
    'Every error is a problem document (RFC 9457), `application/problem+json`, with the members `type`, `title`, `status`, `code`, ' +
      '`detail`, `retryable` and `requestId`, and with `errors` where the request itself is malformed. Decide on `code`: texts may change.',
    errorsTable(),
    `The very same request may be sent again, with its key, after: ${retryable.join(', ')}.`,
    '## Rejections in the order in which they are checked',
    'Of two that apply, the earlier one is answered.',
    orders.join('\n'),
  ].join('\n\n');
};

const lineOf = ({ name, values, byDefault, purpose }: Setting): string =>
  `# ${purpose.replaceAll('`', '')}${values === 'text' ? '' : ` (${values})`}\n# ${name}=${byDefault}`;

const exampleFile = (own: readonly Setting[], compose: readonly Setting[]): string =>
  [
    '# Every setting with its default. Copy this file to .env, and take the # away from what shall be different.',
    ...own.map(lineOf),
    '# ---- docker compose only ----',
    ...compose.map(lineOf),
  ].join('\n\n');

const markersOf = (name: string): readonly [string, string] => [`<!-- ${name} -->`, `<!-- /${name} -->`];

/** Puts the content between the two markers. Rejects where the text does not have them. */
const replacePart = (text: string, name: string, content: string): string => {
  const [opening, closing] = markersOf(name);
  const [from, to] = [text.indexOf(opening), text.indexOf(closing)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${opening} … ${closing}`);
  return `${text.slice(0, from)}${opening}\n\n${content.trim()}\n\n${text.slice(to)}`;
};

const readText = async (root: string, path: string): Promise<string> => readFile(join(root, path), 'utf8');

/** Every generated file of the repository at `root` as it should be, by its path there. */
const generate = async (root: string): Promise<ReadonlyMap<string, string>> => {
  const style: Options = (await resolveConfig(join(root, 'README.md'))) ?? {};
  const markdown = (text: string): Promise<string> => format(text, { ...style, parser: 'markdown' });
  const own = settings();
  const compose = composeSettings(await readText(root, 'docker-compose.yml'));
  const allSettings = [settingsTable(own), 'Only for `docker compose`, also from `.env`:', settingsTable(compose)];
  const readme = replacePart(
    replacePart(await readText(root, 'README.md'), 'settings', await markdown(allSettings.join('\n\n'))),
    'errors',
    await markdown(errorsTable()),
  );
  const openApi = await format(JSON.stringify(openApiOf(endpoints)), { ...style, parser: 'json' });
  return new Map([
    ['.env.example', `${exampleFile(own, compose)}\n`],
    ['docs/errors.md', await markdown(errorsPage())],
    ['docs/openapi.json', openApi],
    ['README.md', readme],
  ]);
};

/** The generated files that are not what the code says they should be. */
export const staleReference = async (root: string): Promise<readonly string[]> => {
  const stale: string[] = [];
  for (const [path, content] of await generate(root)) {
    const present = await readText(root, path).catch(() => undefined);
    if (present !== content) stale.push(path);
  }
  return stale;
};

/** Writes every generated file that is stale; gives their paths. */
export const writeReference = async (root: string): Promise<readonly string[]> => {
  const stale = await staleReference(root);
  const generated = await generate(root);
  for (const path of stale) await writeFile(join(root, path), generated.get(path) ?? '');
  return stale;
};
