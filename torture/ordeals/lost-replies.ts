import { setTimeout as sleep } from 'node:timers/promises';
import { randomAt } from '../../src/load/random.ts';
import type { Ordeal } from './ordeal.ts';

// So that a commit that is asked after again mostly loses its reply too, and some stay unknown until their client asks again.
const LOST_SHARE = 0.8;
const PAUSE_MS = 50;

const LOST = 'replies to commits lost';

/** So many replies to commits are lost, each with its connection; everything else arrives. */
export const lostReplies =
  (count: number): Ordeal =>
  async ({ stage, options, clients, faultCounts }) => {
    const random = randomAt(options.seed + 4, 0);
    const isLost = (): boolean => {
      if (random() >= LOST_SHARE) return false;
      faultCounts[LOST] = (faultCounts[LOST] ?? 0) + 1;
      return true;
    };
    const replies = { kind: 'lose-commits', isLost } as const;
    const heals = stage.set.members.map(({ proxy }) => proxy.disturb({ link: 'api', replies }));
    clients.start(options.clients);
    while ((faultCounts[LOST] ?? 0) < count) await sleep(PAUSE_MS);
    heals.forEach((heal) => heal());
    await clients.stop();
  };
