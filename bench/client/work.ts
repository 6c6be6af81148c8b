import { randomUUID } from 'node:crypto';
import type { Posting } from './books.ts';

/** One request, with the status that means success and what it then does to the accounts. */
export type PlannedRequest = { readonly text: string; readonly expects: number; readonly postings: readonly Posting[] };

type Planner = (host: string, accountIds: readonly string[]) => PlannedRequest;

const MOST = 1_000;

const below = (limit: number): number => Math.floor(Math.random() * limit);

const someAmount = (): number => 1 + below(MOST);

/** Keys are random, as clients make them: ascending ones would spare the database's index what it has to do in earnest. */
const post = (host: string, path: string, body: object): string => {
  const json = JSON.stringify(body);
  return (
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nIdempotency-Key: ${randomUUID()}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`
  );
};

const deposit: Planner = (host, accountIds) => {
  const account = below(accountIds.length);
  const amount = someAmount();
  const body = { amount, currency: 'EUR', reference: 'salary' };
  const text = post(host, `/v1/accounts/${accountIds[account] ?? ''}/deposits`, body);
  return { text, expects: 201, postings: [{ account, amount }] };
};

const transfer: Planner = (host, accountIds) => {
  const from = below(accountIds.length);
  const to = (from + 1 + below(accountIds.length - 1)) % accountIds.length;
  const amount = someAmount();
  const parties = { fromAccountId: accountIds[from], toAccountId: accountIds[to] };
  const text = post(host, '/v1/transfers', { ...parties, amount, currency: 'EUR', reference: 'rent' });
  const postings = [
    { account: from, amount: -amount },
    { account: to, amount },
  ];
  return { text, expects: 201, postings };
};

const balance: Planner = (host, accountIds) => {
  const accountId = accountIds[below(accountIds.length)] ?? '';
  return {
    text: `GET /v1/accounts/${accountId}/balance HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    expects: 200,
    postings: [],
  };
};

/** Everything that a client can be told to do. */
export const planners = { deposit, transfer, balance } as const satisfies Record<string, Planner>;

export type Work = keyof typeof planners;
