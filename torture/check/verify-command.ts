import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { inherited } from '../../bench/servers/api-server.ts';
import type { Breaches } from '../breaches.ts';
import type { Door } from '../load/door.ts';
import { ledgerSettings } from '../servers/api-node.ts';
import type { TortureSet } from '../servers/torture-set.ts';
import { readAccounts, readQuiet, type StoredAccount } from './streams.ts';

const program = fileURLToPath(new URL('../../src/cli/verify.js', import.meta.url));

const SEALED_LIMIT_MS = 60_000;
const PAUSE_MS = 200;

const journalPage = z.object({ entries: z.array(z.object({ position: z.int() })), lastPosition: z.int() });

const verdict = z.object({
  well: z.boolean(),
  journal: z.object({ events: z.int(), blocks: z.int() }),
  waiting: z.int(),
  findings: z.array(z.object({ sentence: z.string() })),
});

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Of all accounts together. */
export const countOf = (accounts: readonly StoredAccount[]): number =>
  accounts.reduce((sum, { events }) => sum + events.length, 0);

const run = (directory: string, uri: string): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { ...inherited(), ...ledgerSettings(directory, uri) };
    const options = { cwd: directory, env, maxBuffer: 2 ** 26 };
    execFile(process.execPath, [program, '--json'], options, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
    );
  });

/** Waits until every event is in the journal. */
const untilSealed = async (door: Door, events: number, breaches: Breaches): Promise<void> => {
  const giveUp = performance.now() + SEALED_LIMIT_MS;
  let last = 0;
  while (performance.now() < giveUp) {
    ({ lastPosition: last } = await readQuiet(door, `/v1/journal?after=${events}&limit=1`, journalPage));
    if (last >= events) break;
    await sleep(PAUSE_MS);
  }
  if (last < events) breaches.add('journal', `the journal has ${last} events, the streams have ${events}`);
};

/** The journal has every event once, and `npm run verify` finds nothing. */
export const checkJournal = async (
  { directory, uri }: TortureSet,
  door: Door,
  events: number,
  breaches: Breaches,
): Promise<void> => {
  await untilSealed(door, events, breaches);
  const { code, stdout, stderr } = await run(directory, uri);
  if (code > 1) {
    breaches.add('verify', `npm run verify ended with ${code}: ${stderr}`);
    return;
  }
  const { well, journal, waiting, findings } = verdict.parse(JSON.parse(stdout));
  for (const { sentence } of findings) breaches.add('verify', sentence);
  if (code !== 0 || !well) breaches.add('verify', `npm run verify ended with ${code}`);
  // Holds have gone on to end by themselves.
  const most = countOf(await readAccounts(door));
  if (journal.events < events || journal.events + waiting > most) {
    breaches.add('journal', `verified are ${journal.events} events of ${events} to ${most}, and ${waiting} wait`);
  }
};
