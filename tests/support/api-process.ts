import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { ApiClient } from './api.ts';
import { beginSigned, signedFileOf } from './signed-file.ts';

export type ApiProcess = {
  readonly client: ApiClient;
  readonly pid: number;
  /** Sends the signal and waits for nothing. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Sends the signal and resolves with the exit code, if it had one, when the process is gone. */
  readonly kill: (signal: NodeJS.Signals) => Promise<number | null>;
  /** Everything that it wrote to stdout so far: its log, where that is a pipe. */
  readonly stdout: () => string;
  /** Everything that it wrote to stderr so far. */
  readonly stderr: () => string;
};

const ready = /API\s+(http:\S+)/;

const untilReady = (child: ChildProcess, stderr: () => string): Promise<string> =>
  new Promise((resolve, reject) => {
    child.stderr?.on('data', () => {
      const url = ready.exec(stderr())?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`API ended with ${code}: ${stderr()}`)));
  });

/** A real API process, from the build that the global set-up made, on a free port; `log` is the file that its log goes to. */
export const startApiProcess = async (
  environment: Record<string, string>,
  log: 'pipe' | number = 'pipe',
): Promise<ApiProcess> => {
  const signed = { DAYBOOK_SIGNED_CHECKPOINT_FILE: signedFileOf(environment) };
  await beginSigned(signed.DAYBOOK_SIGNED_CHECKPOINT_FILE);
  const child = spawn(process.execPath, ['dist/main.js'], {
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'error', ...signed, ...environment },
    stdio: ['ignore', log, 'pipe'],
  });
  let logged = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    logged += chunk.toString();
    process.stdout.write(chunk);
  });
  let written = '';
  child.stderr?.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const stderr = (): string => written;
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const url = await untilReady(child, stderr);
  return {
    client: new ApiClient(url),
    pid: child.pid ?? 0,
    stdout: () => logged,
    stderr,
    signal: (signal) => void child.kill(signal),
    kill: async (signal) => {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
};

/** The API processes of one test file. Those that a test leaves behind are ended by `killAll`. */
export const apiProcesses = (): {
  readonly start: typeof startApiProcess;
  readonly kill: (process: ApiProcess, signal: NodeJS.Signals) => Promise<number | null>;
  readonly killAll: () => Promise<void>;
  /** How many still run. */
  readonly count: () => number;
} => {
  const running = new Set<ApiProcess>();
  const kill = (process: ApiProcess, signal: NodeJS.Signals): Promise<number | null> => {
    running.delete(process);
    return process.kill(signal);
  };
  return {
    start: async (...how) => {
      const process = await startApiProcess(...how);
      running.add(process);
      return process;
    },
    kill,
    killAll: async () => {
      await Promise.all([...running].map((process) => kill(process, 'SIGKILL')));
    },
    count: () => running.size,
  };
};
