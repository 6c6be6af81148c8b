import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantedProject, type PlantedProject } from './planted-project.ts';

type Violation = { readonly rule: { readonly name: string }; readonly from: string; readonly to: string };
type Cruise = {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: { readonly violations: readonly Violation[] };
};

const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  forbidden: readonly { readonly name: string }[];
};

type Planted = { readonly file: string; readonly text: string; readonly to: string };

const planted = (file: string, text: string, to: string): Planted => ({ file: `src/${file}`, text, to });

/** At least one planted import for each rule, each with the end of the path that it leads to. */
const violationsOf: Readonly<Record<string, readonly Planted[]>> = {
  'no-circular': [planted('domain/money/around.ts', "import './circle.ts';", 'src/domain/money/circle.ts')],
  'domain-is-pure': [
    planted('domain/hashing.ts', "import { createHash } from 'node:crypto';\ncreateHash('sha1');", 'crypto'),
    planted('domain/parsing.ts', "import { z } from 'zod';\nz.string();", 'node_modules/zod/index.js'),
    planted('domain/asking.ts', "import type { Ledger } from '../application/ledger.ts';", 'src/application/ledger.ts'),
  ],
  'projections-know-the-domain': [
    planted('projections/accounts/wording.ts', "import '../../http/problem-details.ts';", 'http/problem-details.ts'),
  ],
  'application-knows-the-domain': [
    planted('application/storing.ts', "import '../storage/memory/memory-table.ts';", 'memory/memory-table.ts'),
    planted('application/setting.ts', "import type { Environment } from '../config/environment.ts';", 'environment.ts'),
  ],
  'storage-implements-ports': [
    planted('storage/mongo/deciding.ts', "import '../../application/ledger.ts';", 'src/application/ledger.ts'),
  ],
  'the-committer-knows-the-application': [
    planted('committer/answering.ts', "import '../http/send.ts';", 'src/http/send.ts'),
    planted('committer/storing.ts', "import '../storage/mongo/connection.ts';", 'storage/mongo/connection.ts'),
  ],
  'the-journal-knows-the-ports': [
    planted('journal/recording.ts', "import '../application/commit/claims.ts';", 'src/application/commit/claims.ts'),
    planted('journal/merkle/projecting.ts', "import '../../projections/index.ts';", 'src/projections/index.ts'),
  ],
  'a-ledger-file-knows-no-storage': [
    planted('ledger-file/storing.ts', "import '../storage/mongo/connection.ts';", 'storage/mongo/connection.ts'),
  ],
  'tokens-know-the-application': [planted('tokens/answering.ts', "import '../http/send.ts';", 'src/http/send.ts')],
  'tracing-knows-the-application': [planted('tracing/asking.ts', "import '../http/send.ts';", 'src/http/send.ts')],
  'opentelemetry-is-loaded-on-demand': [
    planted('tracing/loading.ts', "import './open-telemetry.ts';", 'src/tracing/open-telemetry.ts'),
    planted('http/tracing.ts', "import { trace } from '@opentelemetry/api';\ntrace.disable();", '@opentelemetry/api/'),
  ],
  'http-calls-the-application': [
    planted('http/routes/storing.ts', "import '../../storage/mongo/connection.ts';", 'storage/mongo/connection.ts'),
  ],
  'the-load-runner-is-a-client': [
    planted('load/peeking.ts', "import '../application/new-id.ts';", 'src/application/new-id.ts'),
    planted('load/check/peeking.ts', "import '../../storage/mongo/connection.ts';", 'storage/mongo/connection.ts'),
    planted('cli/load-peeking.ts', "import './script.ts';", 'src/cli/script.ts'),
  ],
  'the-load-runner-needs-no-database': [
    planted('load/asking.ts', "import { MongoClient } from 'mongodb';\nnew MongoClient('');", 'lib/index.js'),
  ],
  'the-verifier-asks-nobody': [
    planted('proofs/storing.ts', "import '../storage/mongo/connection.ts';", 'storage/mongo/connection.ts'),
    planted('proofs/settling.ts', "import '../config/environment.ts';", 'src/config/environment.ts'),
    planted('cli/verify-proof-asking.ts', "import './script.ts';", 'src/cli/script.ts'),
    planted('cli/verify-proof-storing.ts', "import '../storage/mongo/connection.ts';", 'storage/mongo/connection.ts'),
  ],
  'http-and-application-never-touch-the-database': [
    planted('http/routes/asking.ts', "import type { Connection } from 'mongoose';", 'node_modules/mongoose/index.js'),
    planted('journal/asking.ts', "import type { Connection } from 'mongoose';", 'node_modules/mongoose/index.js'),
    planted('application/asking.ts', "import { MongoClient } from 'mongodb';\nnew MongoClient('');", 'lib/index.js'),
    planted(
      'projections/asking.ts',
      "import mongoose from 'mongoose';\nmongoose.connect('');",
      'node_modules/mongoose/index.js',
    ),
  ],
  'the-two-storages-are-strangers': [
    planted('storage/memory/borrowing.ts', "import '../mongo/mongo-errors.ts';", 'storage/mongo/mongo-errors.ts'),
    planted('storage/mongo/borrowing.ts', "import '../memory/memory-table.ts';", 'storage/memory/memory-table.ts'),
  ],
  'nobody-imports-main': [
    planted('starting.ts', "import './main.ts';", 'src/main.ts'),
    planted('working.ts', "import './worker.ts';", 'src/worker.ts'),
  ],
  'nobody-imports-scripts': [planted('scripting.ts', "import './cli/migrate.ts';", 'src/cli/migrate.ts')],
  'production-needs-no-development-dependency': [
    planted('testing.ts', "import { expect } from 'vitest';\nexpect(1);", 'vitest/dist/index.js'),
  ],
  'every-import-resolves': [planted('leading-nowhere.ts', "import './nowhere.ts';", './nowhere.ts')],
};

const all = Object.entries(violationsOf).flatMap(([rule, files]) => files.map((file) => ({ rule, ...file })));

// A circle is reported once, at one of its files.
const closingTheCircle = { 'src/domain/money/circle.ts': "import './around.ts';" };

// What goes the right way, also where it looks like its forbidden neighbour.
const allowed = {
  'src/domain/adding.ts': "import { add } from './money/money.ts';\nadd;",
  'src/http/routes/calling.ts': "import type { Ledger } from '../../application/ledger.ts';\nimport 'zod';",
  'src/storage/mongo/implementing.ts': "import 'mongoose';\nimport '../../application/ports/storage.ts';",
  'src/load/reporting.ts': "import { report } from '../terminal.ts';\nimport 'undici';\nreport('');",
  'src/tracing/loading-on-demand.ts': "import('./open-telemetry.ts').then();",
  'src/projections/naming.ts': "import { tableName } from '../application/ports/table.ts';\ntableName;",
};

const cruise = async (root: string): Promise<Cruise> => {
  const script = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [script, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return JSON.parse(output) as Cruise;
};

describe('the rules about imports', () => {
  let project: PlantedProject;
  let violations: readonly Violation[];
  let cruised: ReadonlySet<string>;

  beforeAll(async () => {
    const files = Object.fromEntries(all.map(({ file, text }) => [file, `${text}\n`]));
    const copied = ['src', '.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'];
    project = await plantedProject(copied, { ...files, ...closingTheCircle, ...allowed });
    const { modules, summary } = await cruise(project.root);
    cruised = new Set(modules.map(({ source }) => source));
    violations = summary.violations;
  });

  afterAll(() => project.remove());

  it('have a planted violation each', () => {
    expect(Object.keys(violationsOf).toSorted()).toEqual(forbidden.map(({ name }) => name).toSorted());
  });

  it.each(all)('$rule reports $file', ({ rule, file, to }) => {
    const reported = violations.filter((violation) => violation.rule.name === rule && violation.from === file);
    expect(reported.map((violation) => violation.to)).toContainEqual(expect.stringContaining(to));
  });

  it('report nothing but what was planted', () => {
    const files = new Set(all.map(({ file }) => file));
    expect(violations.filter(({ from }) => !files.has(from))).toEqual([]);
  });

  it('see every file of src', async () => {
    const files = await readdir(join(project.root, 'src'), { recursive: true });
    const sources = files.filter((file) => file.endsWith('.ts')).map((file) => join('src', file));
    expect(sources.filter((source) => !cruised.has(source))).toEqual([]);
  });
});
