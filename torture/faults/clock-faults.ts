import { below } from '../../src/load/random.ts';
import type { ApiNode } from '../servers/api-node.ts';
import type { Fault } from './fault.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;

/** The clock of one API process is so far off for a while. Those of the mongods cannot be moved. */
const jump =
  (words: string, offset: number): Fault['inject'] =>
  ({ apis }, random) => {
    const api = apis[below(random, apis.length)] as ApiNode;
    if (!api.isServing) return Promise.resolve(undefined);
    api.setClock(offset);
    return Promise.resolve({ what: `the clock of ${api.name} ${words}`, heal: () => api.setClock(0) });
  };

const fault = (name: string, words: string, offset: number): Fault => ({
  kind: 'clock',
  name,
  reach: 'passing',
  lasts: [0.5, 5],
  inject: jump(words, offset),
});

export const clockFaults: readonly Fault[] = [
  fault('clock ahead by an hour', 'jumps ahead by an hour', HOUR),
  fault('clock back by an hour', 'jumps back by an hour', -HOUR),
  fault('clock ahead by seconds', 'jumps ahead by three seconds', 3 * SECOND),
  fault('clock back by seconds', 'jumps back by three seconds', -3 * SECOND),
];
