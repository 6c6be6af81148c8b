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

// Memory that a process has of the machine's, in bytes; undefined where there is no /proc to say so.
const memoryOf = async (pid: number): Promise<number | undefined> => {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1_024;
};

const ofAll =
  (read: (pid: number) => Promise<number | undefined>) =>
  async (pids: readonly number[]): Promise<number | undefined> => {
    const values = await Promise.all(pids.map(read));
    return values.reduce<number | undefined>(
      (sum, value) => (sum === undefined || value === undefined ? undefined : sum + value),
      0,
    );
  };

/** CPU time of several processes together, in microseconds; undefined where that of one is not known. */
export const cpuTimeOfAll = ofAll(cpuTimeOf);

/** Memory of several processes together, in bytes; undefined where that of one is not known. */
export const memoryOfAll = ofAll(memoryOf);
