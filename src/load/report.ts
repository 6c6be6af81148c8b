import type { Breach } from './breaches.ts';
import type { Check } from './check/check-ledger.ts';
import type { Driven } from './drive.ts';
import type { Latency } from './latencies.ts';
import type { LoadPlan } from './load-plan.ts';
import type { Performer } from './performer.ts';
import type { Tally } from './tally.ts';
import { hotAccountsOf, kinds } from './wish.ts';

/** Everything that a run has to say; `--json` prints it as it is. Latencies in milliseconds, amounts in minor units. */
export type Report = {
  readonly isSound: boolean;
  readonly run: Omit<LoadPlan, 'url' | 'apiKey'> & { readonly url: string; readonly hotAccounts: number };
  readonly elapsedSeconds: number;
  /** What was done in that time, a second. */
  readonly throughput: number;
  readonly requests: number;
  readonly latencies: Readonly<Record<string, Latency>>;
  /** Every single answer by status and code, or by the reason why there was none; retries included. */
  readonly answers: Readonly<Record<string, number>>;
  readonly commands: Tally['outcomes'];
  readonly failedReads: number;
  readonly retries: number;
  readonly replays: number;
  readonly schedule?: Driven['lag'];
  /** CPU of this client while the load ran, in microseconds a request. */
  readonly clientCpu: number;
  readonly check: Check & { readonly breaches: number; readonly named: readonly Breach[] };
};

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

/** `cpu` in microseconds. */
export const reportOf = ({ plan, tally, breaches }: Performer, driven: Driven, check: Check, cpu: number): Report => {
  const { url, apiKey: _secret, ...run } = plan;
  const elapsedSeconds = driven.elapsed / 1_000;
  const latencies = kinds.map((kind) => [kind, tally.latencies[kind].summary()] as const);
  return {
    isSound: breaches.count === 0 && tally.inTime > 0,
    run: { ...run, url: url.href, hotAccounts: hotAccountsOf(plan) },
    elapsedSeconds: rounded(elapsedSeconds),
    throughput: rounded(tally.inTime / elapsedSeconds),
    requests: tally.requests,
    latencies: Object.fromEntries(latencies.filter(([, { count }]) => count > 0)),
    answers: tally.answers,
    commands: tally.outcomes,
    failedReads: tally.failedReads,
    retries: tally.retries,
    replays: tally.replays,
    ...(driven.lag && { schedule: driven.lag }),
    clientCpu: rounded(cpu / Math.max(1, tally.requests)),
    check: { ...check, breaches: breaches.count, named: breaches.kept },
  };
};
