import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type Environment = Readonly<Record<string, string | undefined>>;

export type WatchedChild = {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Environment;
  /** The directory that grows while the child makes progress. */
  readonly directory: string;
  readonly idleLimitMs: number;
};

export type Ending =
  | { readonly kind: 'done'; readonly output: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stalled' }
  | { readonly kind: 'failed'; readonly errors: string };

const sizeOf = async (directory: string): Promise<number> => {
  const entries = await readdir(directory, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map((entry) =>
      stat(join(directory, entry)).then(
        (file) => file.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** Resolves once the directory has not grown for so long, or as soon as the signal aborts. */
const standstill = async (directory: string, idleLimitMs: number, signal: AbortSignal): Promise<void> => {
  let size = await sizeOf(directory);
  let changedAt = performance.now();
  for (;;) {
    await sleep(Math.min(500, idleLimitMs / 4), undefined, { signal });
    const now = await sizeOf(directory);
    if (now !== size) changedAt = performance.now();
    size = now;
    if (performance.now() - changedAt > idleLimitMs) return;
  }
};

/**
 * Runs a download in a child process for as long as it makes progress: a slow one may take its time, a stuck one is
 * killed, and nothing of it lingers in this process. The child's standard input closes when this process ends.
 */
export const runWhileProgressing = ({
  command,
  args,
  environment,
  directory,
  idleLimitMs,
}: WatchedChild): Promise<Ending> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
    const watch = new AbortController();
    let output = '';
    let errors = '';
    let stalled = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', (error) => {
      watch.abort();
      resolve(
        'code' in error && error.code === 'ENOENT' ? { kind: 'missing' } : { kind: 'failed', errors: error.message },
      );
    });
    child.on('close', (code) => {
      watch.abort();
      if (stalled) resolve({ kind: 'stalled' });
      else resolve(code === 0 ? { kind: 'done', output } : { kind: 'failed', errors });
    });
    standstill(directory, idleLimitMs, watch.signal).then(
      () => {
        stalled = true;
        child.kill('SIGKILL');
      },
      () => undefined,
    );
  });
