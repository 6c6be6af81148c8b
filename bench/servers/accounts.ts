import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Books } from '../client/books.ts';

/** Accounts of one contender, as they were before the first command. */
export type OpenedAccounts = {
  readonly ids: readonly string[];
  readonly balances: readonly number[];
  readonly versions: readonly number[];
};

const standing = z.object({ ledgerBalance: z.int(), version: z.int() });
type Standing = z.infer<typeof standing>;

const AT_ONCE = 32;
// Enough that no transfer of a run is ever refused.
const FIRST_DEPOSIT = 1_000_000_000;

const inParallel = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  const one = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return results;
};

const standingFrom = async (response: Response, status: number): Promise<Standing> => {
  const text = await response.text();
  if (response.status !== status) throw new Error(`The API answered ${response.status}: ${text}`);
  return standing.parse(JSON.parse(text));
};

const open = async (url: string, accountId: string): Promise<Standing> => {
  const response = await fetch(`${url}/v1/accounts`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
    body: JSON.stringify({
      accountId,
      ownerId: 'bench',
      currency: 'EUR',
      initialDeposit: { amount: FIRST_DEPOSIT },
    }),
  });
  return standingFrom(response, 201);
};

/** Opens accounts over the API at this address. */
export const openAccounts = async (url: string, count: number): Promise<OpenedAccounts> => {
  const ids = Array.from({ length: count }, () => randomUUID());
  const opened = await inParallel(ids, (id) => open(url, id));
  return { ids, balances: opened.map((one) => one.ledgerBalance), versions: opened.map((one) => one.version) };
};

const isWithin = (value: number, least = NaN, most = NaN): boolean => value >= least && value <= most;

/**
 * Asks the API for every balance and version, and compares them with the books of the clients. Gives one sentence for each
 * account on which a command was lost or carried out twice.
 */
export const findLosses = async (url: string, opened: OpenedAccounts, books: Books): Promise<string[]> => {
  const found = await inParallel(opened.ids, async (id) =>
    standingFrom(await fetch(`${url}/v1/accounts/${id}/balance`), 200),
  );
  return found.flatMap(({ ledgerBalance, version }, index) => {
    const amount = ledgerBalance - (opened.balances[index] ?? 0);
    const events = version - (opened.versions[index] ?? 0);
    const isRight =
      isWithin(amount, books.leastAmount[index], books.mostAmount[index]) &&
      isWithin(events, books.leastEvents[index], books.mostEvents[index]);
    if (isRight) return [];
    const acknowledged = `${books.leastAmount[index]} in ${books.leastEvents[index]} events`;
    return [`${opened.ids[index]}: acknowledged ${acknowledged}, found ${amount} in ${events}`];
  });
};
