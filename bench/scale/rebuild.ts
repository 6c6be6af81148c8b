import { createHash, randomUUID } from 'node:crypto';
import type { Db } from 'mongodb';
import { startWorker } from '../programs/worker.ts';
import type { LoadOrder, LoadResult } from '../client/load.ts';
import { percentile } from '../report/figures.ts';
import { atMost, below } from '../report/finding.ts';
import type { ApiServer } from '../servers/api-server.ts';
import { runMeasured, type ScriptRun } from './measured-script.ts';
import { counted, pastOf } from './past.ts';
import { type Filled, type Stage, untilSealed } from './stage.ts';
import type { Verdict } from './verdict.ts';

const SECONDS_A_MILLION = 90;
const MOST_TIMES_P99 = 2;
const MOST_TIMES_MEMORY = 1.25;

// Ids behind all that are in hexadecimal, which is what those of the past are.
const LIVE = 'live-';
const LIVE_ACCOUNTS = 20;
const PER_SECOND = 50;
const SECONDS_BEFORE = 20;
const SECONDS_AT_ONCE = 2;

/** The bytes of all rows of the past, in the order of their ids. */
const hashOf = async (database: Db): Promise<string> => {
  const hash = createHash('sha256');
  const owners = { accounts: '_id', statement_entries: 'accountId', transfers: 'fromAccountId' } as const;
  for (const [name, owner] of Object.entries(owners)) {
    const rows = database.collection(name).find({ [owner]: { $lt: LIVE } }, { raw: true });
    for await (const row of rows.sort({ _id: 1 })) hash.update(row as unknown as Buffer);
  }
  return hash.digest('hex');
};

const openLiveAccounts = async ({ url }: ApiServer): Promise<readonly string[]> => {
  const ids = Array.from({ length: LIVE_ACCOUNTS }, () => `${LIVE}${randomUUID()}`);
  for (const accountId of ids) {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() };
    const body = JSON.stringify({ accountId, ownerId: 'scale', currency: 'EUR' });
    const { status } = await fetch(`${url}/v1/accounts`, { method: 'POST', headers, body });
    if (status !== 201) throw new Error(`An account could not be opened: ${status}`);
  }
  return ids;
};

/** Deposits and balances at fixed times, on accounts of today. */
class Clients {
  private constructor(
    private readonly run: (seconds: number) => Promise<LoadResult>,
    private readonly stage: Stage,
  ) {}

  static async open(stage: Stage, server: ApiServer): Promise<Clients> {
    const accountIds = await openLiveAccounts(server);
    const worker = await stage.closing.open(
      () => startWorker<LoadOrder, LoadResult>('client'),
      (started) => started.stop(),
    );
    const pacing = { kind: 'open', connections: 8, perSecond: PER_SECOND } as const;
    return new Clients(
      (seconds) => worker.run({ work: 'mix', pacing, accountIds, urls: [server.url], seconds }),
      stage,
    );
  }

  /** The latencies of what was asked until this is over. */
  async until(isOver: () => boolean): Promise<readonly number[]> {
    const latencies: number[] = [];
    while (!isOver()) {
      const { latencies: more, errors } = await this.run(SECONDS_AT_ONCE);
      latencies.push(...more);
      if (errors > 0) this.stage.report(`${errors} requests did not end well`);
    }
    return latencies;
  }
}

type Rebuilt = {
  readonly run: ScriptRun;
  readonly alone: readonly number[];
  readonly beside: readonly number[];
  readonly isSame: boolean;
};

const rebuilt = async (stage: Stage, filled: Filled): Promise<Rebuilt> => {
  const server = await stage.api(filled);
  await untilSealed(filled, stage);
  const clients = await Clients.open(stage, server);
  const before = await hashOf(filled.database);
  const end = performance.now() + SECONDS_BEFORE * 1_000;
  await clients.until(() => performance.now() > end - SECONDS_BEFORE * 800);
  const alone = await clients.until(() => performance.now() > end);
  let isOver = false;
  const running = runMeasured(stage, filled, ['rebuild', '--switch']).finally(() => (isOver = true));
  const beside = await clients.until(() => isOver);
  const run = await running;
  const isSame = before === (await hashOf(filled.database));
  await server.stop();
  return { run, alone, beside, isSame };
};

const measured = async (stage: Stage, events: number): Promise<Rebuilt> => {
  const result = await rebuilt(stage, await pastOf(stage, events));
  const { run, alone, beside } = result;
  const p99s = [alone, beside].map((latencies) => percentile([...latencies], 0.99).toFixed(1));
  stage.report(
    `${counted(events)}: ${run.seconds.toFixed(1)} s, ${run.peakMemory.toFixed(0)} MB, p99 ${p99s.join(' and beside it ')} ms: ${run.stdout.trim()}`,
  );
  return result;
};

/** Rebuilds a ledger of a tenth and one of all these events while the API serves. */
export const rebuild = async (stage: Stage, { events }: { readonly events: number }): Promise<readonly Verdict[]> => {
  const tenth = await measured(stage, events / 10);
  const { run, alone, beside, isSame } = await measured(stage, events);
  const limit = (SECONDS_A_MILLION * events) / 1_000_000;
  const [p99Alone, p99Beside] = [alone, beside].map((latencies) => percentile([...latencies], 0.99));
  return [
    { what: `${counted(events)} rebuilt`, value: run.seconds, unit: 's', target: below(limit) },
    { what: `${counted(events)} rebuilt: exit code`, value: run.code ?? NaN, unit: '', target: atMost(0) },
    { what: 'read models whose bytes changed', value: isSame ? 0 : 1, unit: '', target: atMost(0) },
    {
      what: `deposits and balances beside it: p99 of that without`,
      value: (p99Beside ?? NaN) / (p99Alone ?? NaN),
      unit: '×',
      target: atMost(MOST_TIMES_P99),
    },
    {
      what: `rebuilding: peak memory of ${counted(events)}, of that of ${counted(events / 10)}`,
      value: run.peakMemory / tenth.run.peakMemory,
      unit: '×',
      target: atMost(MOST_TIMES_MEMORY),
    },
  ];
};
