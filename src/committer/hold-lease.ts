import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Storage } from '../application/ports/storage.ts';
import { newId } from '../application/new-id.ts';
import { Election } from './election.ts';
import type { LeaseRow } from './lease.ts';

export type HeldLease = {
  /** Whether no other process has had it since. */
  readonly isOurs: () => boolean;
  readonly release: () => Promise<void>;
};

// A lease whose holder is gone has run out by then.
const PATIENCE = 6_000;
const PAUSE = 100;

// Nobody takes commands there: whoever tries is told so at once.
const NOWHERE = { host: '127.0.0.1', port: 1, token: 'none' };

/**
 * Holds the lease without committing for anybody, so that no API process begins to serve the ledger meanwhile. Undefined where another
 * process holds it and is well.
 */
export const holdLease = async (storage: Storage): Promise<HeldLease | undefined> => {
  const holder = newId();
  let [hadIt, isLost] = [false, false];
  const onHolder = (row: LeaseRow | undefined): void => {
    if (row?.holder === holder) hadIt = true;
    else if (row) isLost ||= hadIt;
  };
  const election = new Election(storage, { holder, machine: hostname(), ...NOWHERE }, onHolder);
  await election.start();
  for (let waited = 0; !hadIt && waited < PATIENCE; waited += PAUSE) await sleep(PAUSE);
  if (hadIt) return { isOurs: () => !isLost, release: () => election.stop() };
  await election.stop();
  return undefined;
};
