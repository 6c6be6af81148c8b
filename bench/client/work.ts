import { randomUUID } from 'node:crypto';
import type { Posting } from './books.ts';
import type { Outcome } from './connection.ts';

/** One request, with the status that means success and what it then does to the accounts. */
export type PlannedRequest = {
  readonly text: string;
  readonly expects: number;
  readonly postings: readonly Posting[];
  /** How many commands or queries are in it. */
  readonly operations: number;
  readonly isCommand: boolean;
  /** What a whole answer with the expected status is worth, where the status alone does not say it. */
  readonly judge?: (body: string) => Outcome;
};

type Planner = (host: string, accountIds: readonly string[]) => PlannedRequest;

const MOST = 1_000;

/** Commands in one request of the work `batch`. */
export const BATCH = 1_000;

const below = (limit: number): number => Math.floor(Math.random() * limit);

const someAmount = (): number => 1 + below(MOST);

/** Keys are random, as clients make them: ascending ones would spare the database's index what it has to do in earnest. */
const post = (host: string, path: string, body: object, header: string): string => {
  const json = JSON.stringify(body);
  return (
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${header}` +
    `Content-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`
  );
};

const keyHeader = (): string => `Idempotency-Key: ${randomUUID()}\r\n`;

const ONE_COMMAND = { expects: 201, operations: 1, isCommand: true } as const;

const deposit: Planner = (host, accountIds) => {
  const account = below(accountIds.length);
  const amount = someAmount();
  const body = { amount, currency: 'EUR', reference: 'salary' };
  const text = post(host, `/v1/accounts/${accountIds[account] ?? ''}/deposits`, body, keyHeader());
  return { ...ONE_COMMAND, text, postings: [{ account, amount }] };
};

type Parties = { readonly from: number; readonly to: number };

const transferBetween = (host: string, accountIds: readonly string[], { from, to }: Parties): PlannedRequest => {
  const amount = someAmount();
  const parties = { fromAccountId: accountIds[from], toAccountId: accountIds[to] };
  const body = { ...parties, amount, currency: 'EUR', reference: 'rent' };
  const text = post(host, '/v1/transfers', body, keyHeader());
  const postings = [
    { account: from, amount: -amount },
    { account: to, amount },
  ];
  return { ...ONE_COMMAND, text, postings };
};

const transfer: Planner = (host, accountIds) => {
  const from = below(accountIds.length);
  const to = (from + 1 + below(accountIds.length - 1)) % accountIds.length;
  return transferBetween(host, accountIds, { from, to });
};

/** Everybody pays the first account. */
const payment: Planner = (host, accountIds) =>
  transferBetween(host, accountIds, { from: 1 + below(accountIds.length - 1), to: 0 });

const balance: Planner = (host, accountIds) => {
  const accountId = accountIds[below(accountIds.length)] ?? '';
  const text = `GET /v1/accounts/${accountId}/balance HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  return { text, expects: 200, postings: [], operations: 1, isCommand: false };
};

const mix: Planner = (host, accountIds) => (below(2) === 0 ? balance : deposit)(host, accountIds);

const carriedOut = /"status":201\b/g;

/** All or nothing counts: a batch of which something was refused is an error. */
const judgeBatch = (body: string): Outcome => {
  const count = body.match(carriedOut)?.length ?? 0;
  return count === BATCH ? 200 : `${count} of ${BATCH} carried out`;
};

const batch: Planner = (host, accountIds) => {
  const postings = Array.from({ length: BATCH }, () => ({ account: below(accountIds.length), amount: someAmount() }));
  const commands = postings.map(({ account, amount }) => ({
    type: 'DepositMoney',
    idempotencyKey: randomUUID(),
    accountId: accountIds[account],
    amount,
    currency: 'EUR',
    reference: 'salary',
  }));
  const text = post(host, '/v1/batches', { mode: 'independent', commands }, '');
  return { text, expects: 200, postings, operations: BATCH, isCommand: true, judge: judgeBatch };
};

/** Everything that a client can be told to do. */
export const planners = { deposit, transfer, payment, balance, mix, batch } as const satisfies Record<string, Planner>;

export type Work = keyof typeof planners;
