import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** A pid alone is reused by the system sooner or later; with the time its process started it names one process only. */
export const processIdentity = z.object({ pid: z.int().positive(), startTime: z.string() }).readonly();
export type ProcessIdentity = z.infer<typeof processIdentity>;

export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

const readText = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

/** proc(5): what follows the command in parentheses begins with field 3, the state; field 22 is the start time. */
const fromProc = async (pid: number): Promise<string | undefined> => {
  const stat = await readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined || 'ZX'.includes(state)) return undefined;
  // The ticks count from the start of the machine, so they repeat after it starts again.
  return `${(await readText('/proc/sys/kernel/random/boot_id'))?.trim() ?? ''}:${startTicks}`;
};

const fromPs = (pid: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const options = { env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/bin:/usr/bin' } };
    execFile('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], options, (error, stdout) => {
      const line = stdout.trim();
      resolve(error || line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, ''));
    });
  });

/** When the process started, or undefined when there is none. One that ended but was not yet collected counts as none. */
const startTimeOf = async (pid: number): Promise<string | undefined> => {
  if (!isRunning(pid)) return undefined;
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
};

export const identify = async (pid: number): Promise<ProcessIdentity | undefined> => {
  const startTime = await startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
};

export const isAlive = async ({ pid, startTime }: ProcessIdentity): Promise<boolean> =>
  (await startTimeOf(pid)) === startTime;

export const thisProcess = async (): Promise<ProcessIdentity> => {
  const identity = await identify(process.pid);
  if (!identity) throw new Error('The start time of this process could not be read.');
  return identity;
};
