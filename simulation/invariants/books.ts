import { queriesOver } from '../../src/application/queries/queries.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { accountsTable } from '../../src/projections/accounts/accounts.ts';
import { heldBy, signedAmount, sumOf } from '../../tests/support/naive-history.ts';
import type { Evidence } from './broken-rules.ts';
import { grouped } from './grouped.ts';

const streamsIn = ({ log }: Evidence): ReadonlyMap<string, readonly RecordedEvent[]> =>
  grouped(
    log.map(({ event }) => event),
    ({ streamId }) => streamId,
  );

/** Versions from 1 without gaps, in the order of the commits, and nobody below the limit at any of them. */
const brokenStream = ([streamId, events]: readonly [string, readonly RecordedEvent[]]): readonly string[] => {
  const broken: string[] = [];
  let [balance, limit] = [0n, 0n];
  events.forEach((event, index) => {
    if (event.version !== index + 1)
      broken.push(`${streamId}: version ${event.version} was committed at place ${index + 1}`);
    if ('overdraftLimit' in event.data) limit = event.data.overdraftLimit;
    balance += signedAmount(event);
    const held = heldBy(events.slice(0, index + 1));
    if (balance - held < -limit) broken.push(`${streamId}: below its limit at version ${event.version}`);
  });
  return broken;
};

/** The holds of one account: each was placed once, has ended once at most, and has ended where it was due. */
class HoldsOfStream {
  readonly broken: string[] = [];
  readonly #open = new Map<string, number>();
  readonly #placed = new Set<string>();

  constructor(private readonly streamId: string) {}

  take({ type, data }: RecordedEvent): void {
    if (type === 'HoldPlaced') {
      if (this.#placed.has(data.holdId)) this.#say(data.holdId, 'was placed twice');
      this.#placed.add(data.holdId);
      this.#open.set(data.holdId, data.expiresAt === undefined ? Infinity : Date.parse(data.expiresAt));
    } else if ('holdId' in data && !this.#open.delete(data.holdId)) {
      this.#say(data.holdId, 'has ended twice, or before it was placed');
    }
  }

  finish(now: number): void {
    for (const [holdId, due] of this.#open) if (due < now) this.#say(holdId, 'is long due, and open');
  }

  #say(holdId: string, what: string): void {
    this.broken.push(`${this.streamId}: hold ${holdId} ${what}`);
  }
}

const brokenHolds = (
  [streamId, events]: readonly [string, readonly RecordedEvent[]],
  now: number,
): readonly string[] => {
  const holds = new HoldsOfStream(streamId);
  for (const event of events) holds.take(event);
  holds.finish(now);
  return holds.broken;
};

/** Money comes in and goes out through deposits, withdrawals and captures alone: the balances are what is left. */
const brokenSums = async ({ storage, log }: Evidence): Promise<readonly string[]> => {
  const events = log.map(({ event }) => event);
  const rows = await storage.table(accountsTable).range({ order: ['_id'] });
  const balances = rows.reduce((sum, { ledgerBalance }) => sum + ledgerBalance, 0n);
  const isInner = ({ data }: RecordedEvent): boolean => 'transferId' in data;
  const cameIn = sumOf(events.filter((event) => !isInner(event)));
  return balances === cameIn ? [] : [`the balances are ${balances}, and ${cameIn} came in`];
};

const brokenTrialBalance = async ({ storage, now }: Evidence): Promise<readonly string[]> => {
  const clock = { now: () => instant(now) };
  const { isBalanced, totals } = await queriesOver(storage, clock).readTrialBalance({ limit: 100 });
  return isBalanced
    ? []
    : totals.map(({ currency, debits, credits }) => `${currency}: debits are ${debits}, credits ${credits}`);
};

/** Whether the events are those of a bank. */
export const brokenBooks = async (evidence: Evidence): Promise<readonly string[]> => {
  const streams = [...streamsIn(evidence)];
  return [
    ...streams.flatMap(brokenStream),
    ...streams.flatMap((stream) => brokenHolds(stream, evidence.now)),
    ...(await brokenSums(evidence)),
    ...(await brokenTrialBalance(evidence)),
  ];
};
