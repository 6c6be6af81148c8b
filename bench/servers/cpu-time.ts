import { readFile } from 'node:fs/promises';

// What /proc counts in: USER_HZ, which Linux fixes at 100 for all programs on the usual processors.
const MICROSECONDS_PER_TICK = 10_000;

// CPU time that a process has used so far, in microseconds; undefined where there is no /proc to say so.
const cpuTimeOf = async (pid: number): Promise<number | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The second field is the program's name in parentheses and may itself hold blanks; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
};

/** The same of several processes together; undefined where that of one is. */
export const cpuTimeOfAll = async (pids: readonly number[]): Promise<number | undefined> => {
  const times = await Promise.all(pids.map(cpuTimeOf));
  return times.reduce<number | undefined>(
    (sum, time) => (sum === undefined || time === undefined ? undefined : sum + time),
    0,
  );
};
