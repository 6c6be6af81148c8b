import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning } from './process-identity.ts';

/** A clean shutdown takes about a second; one that takes longer than this is cut, and the journal recovers the data. */
const graceSeconds = 15;

// Standard input is a pipe from Daybook that nobody writes to: it ends when Daybook closes it, and also when Daybook is
// killed, which no signal handler could tell. The inner shell prints its pid and becomes mongod; mongod alone holds
// standard output from then on, so that its end is the end of mongod.
const keepingShell = `
  grace=$1; shift
  sh -c 'echo $$; exec "$@"' mongod "$@" </dev/null 2>&1 &
  mongod=$!
  exec >/dev/null 2>&1
  while read -r line; do :; done
  kill -TERM "$mongod"
  ( seconds=0; while [ "$seconds" -lt "$grace" ]; do sleep 1; seconds=$((seconds + 1)); done; kill -KILL "$mongod" ) &
  killer=$!
  wait "$mongod"
  kill -KILL "$killer"
`;

// The same for a mongod whose first keeper was killed: it is no child of this shell, so it is asked for instead.
const watchingShell = `
  grace=$1; mongod=$2
  while read -r line; do :; done
  kill -TERM "$mongod"
  seconds=0
  while [ "$seconds" -lt "$grace" ] && kill -0 "$mongod"; do sleep 1; seconds=$((seconds + 1)); done
  kill -KILL "$mongod"
`;

export type KeptMongod = {
  readonly pid: number;
  /** Resolves with what mongod printed before it opened its log, once the process is gone. */
  readonly ended: Promise<string>;
  /** Shuts mongod down cleanly. */
  readonly stop: () => Promise<void>;
};

const shell = (script: string, args: readonly string[], output: 'pipe' | 'ignore'): ChildProcess => {
  // Detached: a session of its own, so that Ctrl-C in the terminal reaches neither the keeper nor mongod.
  const keeper = spawn('/bin/sh', ['-c', script, 'daybook-keeper', String(graceSeconds), ...args], {
    detached: true,
    stdio: ['pipe', output, 'ignore'],
  });
  // A keeper that is killed breaks the pipe; its exit is what tells.
  keeper.stdin?.on('error', () => undefined);
  return keeper;
};

/** A process that has nothing more to do ends, although its mongod runs; while it stops mongod, it waits. */
const keepAwake = (keeper: ChildProcess, awake: boolean): void => {
  const change = awake ? 'ref' : 'unref';
  keeper[change]();
  for (const stream of [keeper.stdin, keeper.stdout]) if (stream instanceof Socket) stream[change]();
};

/** Reads the pid, which is the first line, and collects the rest. */
const listen = (keeper: ChildProcess): { started: Promise<number>; ended: Promise<string> } => {
  const output = keeper.stdout;
  if (!output) throw new Error('The keeper was started without an output.');
  let text = '';
  const started = new Promise<number>((resolve, reject) => {
    output.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(Number.parseInt(text, 10));
    });
    keeper.once('error', reject);
    output.once('end', () => reject(new Error('The shell that starts mongod ended without starting it.')));
  });
  const ended = new Promise<string>((resolve) => {
    output.once('close', () => resolve(text.slice(text.indexOf('\n') + 1).trim()));
  });
  return { started, ended };
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

class Keeping implements KeptMongod {
  readonly ended: Promise<string>;
  readonly #first: ChildProcess;
  #keeper: ChildProcess;
  #phase: 'running' | 'stopping' | 'gone' = 'running';

  constructor(
    readonly pid: number,
    first: ChildProcess,
    output: Promise<string>,
  ) {
    this.#first = first;
    this.#keeper = first;
    this.ended = this.#collect(output);
    first.once('exit', () => this.#keeperEnded());
  }

  async stop(): Promise<void> {
    if (this.#phase === 'running') this.#phase = 'stopping';
    keepAwake(this.#first, true);
    keepAwake(this.#keeper, true);
    this.#keeper.stdin?.end();
    if (hasEnded(this.#keeper)) this.#signal('SIGTERM');
    const cut = setTimeout(() => this.#signal('SIGKILL'), (graceSeconds + 5) * 1000);
    await this.ended;
    clearTimeout(cut);
    if (!hasEnded(this.#keeper)) await once(this.#keeper, 'exit');
  }

  async #collect(output: Promise<string>): Promise<string> {
    const text = await output;
    this.#phase = 'gone';
    if (this.#keeper === this.#first) this.#keeper.stdin?.end();
    else this.#keeper.kill('SIGKILL');
    // Its files are closed a moment before it is gone.
    while (await identify(this.pid)) await sleep(5);
    return text;
  }

  /** Somebody killed the keeper. mongod goes on, under a new one. */
  #keeperEnded(): void {
    if (this.#phase === 'stopping') this.#signal('SIGTERM');
    if (this.#phase !== 'running') return;
    this.#keeper = shell(watchingShell, [String(this.pid)], 'ignore');
    keepAwake(this.#keeper, false);
    this.#keeper.once('exit', () => this.#keeperEnded());
  }

  /** Only while mongod holds its output open, so the pid is still its own. */
  #signal(signal: NodeJS.Signals): void {
    if (this.#phase !== 'gone' && isRunning(this.pid)) process.kill(this.pid, signal);
  }
}

/** Starts a mongod that ends when this process does, however this process ends. */
export const startKept = async (mongodPath: string, args: readonly string[]): Promise<KeptMongod> => {
  const first = shell(keepingShell, [mongodPath, ...args], 'pipe');
  const { started, ended } = listen(first);
  const pid = await started;
  keepAwake(first, false);
  return new Keeping(pid, first, ended);
};
