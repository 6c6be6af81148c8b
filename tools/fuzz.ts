import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';

// Requests made up from the OpenAPI document by Schemathesis, against a real API process: well-formed ones, and ones with one thing
// wrong. Every answer must have a status and a shape that the document names, and none may be a server error.

const SCHEMATHESIS = 'schemathesis==4.32.5';

type Options = {
  readonly examples: string;
  readonly seed?: string;
  readonly storage: 'memory' | 'mongo';
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Resolves with the exit code. */
const run = async (program: string, args: readonly string[], cwd = process.cwd()): Promise<number> => {
  const child = spawn(program, args, { stdio: 'inherit', cwd });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
};

const mustRun = async (program: string, args: readonly string[]): Promise<void> => {
  if ((await run(program, args)) !== 0) throw new Error(`${program} ${args.join(' ')} did not end well`);
};

/** In a Python environment of its own, which stays for the next time. Needs Python 3 with venv, and PyPI the first time. */
const schemathesis = async (): Promise<string> => {
  const directory = join(homedir(), '.cache', 'daybook', SCHEMATHESIS);
  const program = join(directory, 'bin', 'st');
  try {
    await access(program);
  } catch {
    say(`installing ${SCHEMATHESIS} in ${directory}`);
    await mkdir(directory, { recursive: true });
    await mustRun('python3', ['-m', 'venv', '--clear', directory]);
    await mustRun(join(directory, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', SCHEMATHESIS]);
  }
  return program;
};

type Api = { readonly url: string; readonly child: ChildProcess };

// Settings of the caller's own ledger must not reach the one that is fuzzed.
const foreign = /^(?:DAYBOOK_|MONGODB_URI$|PORT$|HOST$|LOG_LEVEL$|NODE_ENV$)/;

const startApi = async (directory: string, storage: Options['storage']): Promise<Api> => {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  const own = {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'error',
    DAYBOOK_STORAGE: storage,
    DAYBOOK_DATA_DIR: directory,
  };
  // From the directory of this project's build, and without its `.env`.
  const child = spawn(process.execPath, [join(process.cwd(), 'dist', 'main.js')], {
    cwd: directory,
    env: { ...inherited, ...own },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /API\s+(http:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`The API ended with ${code ?? 'a signal'}: ${said}`)));
  });
  return { url, child };
};

/** What must hold when all is over: it still serves, its books balance, and it ends as it should. */
const checkAfter = async ({ url, child }: Api): Promise<readonly string[]> => {
  const wrong: string[] = [];
  const ready = await fetch(`${url}/health/ready`);
  if (ready.status !== 200) wrong.push(`GET /health/ready answers ${ready.status}`);
  const books = (await (await fetch(`${url}/v1/trial-balance`)).json()) as {
    readonly totals?: readonly { readonly debits: string; readonly credits: string }[];
  };
  if (!books.totals?.every(({ debits, credits }) => debits === credits)) wrong.push('the books do not balance');
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = (await exited) as [number | null];
  if (code !== 0) wrong.push(`the API ended with ${code ?? 'a signal'}`);
  return wrong;
};

const fuzz = async ({ examples, seed, storage }: Options): Promise<number> => {
  const program = await schemathesis();
  const directory = await mkdtemp(join(tmpdir(), 'daybook-fuzz-'));
  const api = await startApi(directory, storage);
  try {
    const wanted = ['--checks', 'all', '--max-examples', examples, '--continue-on-failure', '--no-color'];
    const args = [
      '--config-file',
      join(process.cwd(), 'tools', 'schemathesis.toml'),
      'run',
      `${api.url}/openapi.json`,
      ...wanted,
    ];
    // What it keeps of a run it keeps where it runs.
    const code = await run(program, seed === undefined ? args : [...args, '--seed', seed], directory);
    const wrong = await checkAfter(api);
    for (const line of wrong) say(line);
    return code === 0 && wrong.length > 0 ? 1 : code;
  } finally {
    api.child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
};

await new Command('fuzz')
  .description(
    'Sends the API what can be made up from its OpenAPI document, and checks every answer against that document.',
  )
  .option('--examples <count>', 'of each operation and kind of test', '100')
  .option('--seed <number>', 'what an earlier run has made up, once more; default: another one each time')
  .addOption(new Option('--storage <kind>', 'where the ledger is').choices(['memory', 'mongo']).default('mongo'))
  .addHelpText(
    'after',
    '\nExit code: 0 every answer was right, 1 one was not; each is printed with the request that repeats it.',
  )
  .action(async (options: Options) => {
    process.exitCode = await fuzz(options);
  })
  .parseAsync();
