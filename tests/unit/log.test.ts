import { closeSync, existsSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openLog } from '../../src/log.ts';

// Whatever is written there is answered as on a disk without room.
const FULL = '/dev/full';

it.skipIf(!existsSync(FULL))('a log that cannot be written ends no process, and does not grow for ever', async () => {
  const dest = openSync(FULL, 'w');
  const surprises: unknown[] = [];
  const listen = (error: unknown): void => void surprises.push(error);
  process.on('uncaughtException', listen);
  try {
    const log = openLog('info', dest);
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 5; round += 1) {
      for (let line = 0; line < 4_000; line += 1) log.info({ text: 'x'.repeat(1_000) }, 'request');
      await sleep(220);
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(15_000_000);
    expect(surprises).toEqual([]);
  } finally {
    process.off('uncaughtException', listen);
    closeSync(dest);
  }
});
