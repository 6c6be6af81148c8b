import { fileURLToPath } from 'node:url';
import { startWorker, type Worker } from '../bench/programs/worker.ts';
import { digestOf, type Seeds, type SeedsRun, type TellProgress } from './run-seeds.ts';
import type { SeedResult } from './run-seed.ts';

// Few enough that no process is long alone at the end, and many enough that asking for them costs nothing.
const AT_A_TIME = 20;

const startProcess = (): Promise<Worker<Seeds, SeedsRun>> =>
  startWorker('seeds-program', [], fileURLToPath(new URL('./seeds-program.js', import.meta.url)));

const isBroken = ({ broken }: SeedResult): boolean => broken.length > 0;

/**
 * As `runSeeds`, in several processes at once: a world stands in for the time and the chance of the whole process that it runs in. Digest and results are those of one
 * process, up to the first seed that breaks a rule.
 */
export const runSideBySide = async (
  { seeds, from }: Seeds,
  processes: number,
  tell: TellProgress = () => undefined,
): Promise<SeedsRun> => {
  const begun = performance.now();
  const parts: (readonly SeedResult[])[] = [];
  let [next, done, isOver] = [0, 0, false];

  const work = async (): Promise<void> => {
    const worker = await startProcess();
    try {
      while (!isOver && next * AT_A_TIME < seeds) {
        const part = next;
        next += 1;
        const first = part * AT_A_TIME;
        const { results } = await worker.run({ from: from + first, seeds: Math.min(AT_A_TIME, seeds - first) });
        parts[part] = results;
        done += results.length;
        isOver ||= results.some(isBroken);
        tell(done, seeds);
      }
    } finally {
      isOver = true;
      await worker.stop();
    }
  };

  await Promise.all(Array.from({ length: processes }, work));
  const all = parts.flat();
  const broken = all.findIndex(isBroken);
  const results = broken < 0 ? all : all.slice(0, broken + 1);
  return { results, seconds: (performance.now() - begun) / 1_000, digest: digestOf(results) };
};
