import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, Json, Reply } from './api.ts';

/** One command with the key under which it was sent, and what became of it as far as its sender knows. */
export type Sent = {
  readonly key: string;
  readonly path: string;
  readonly body: Json & { readonly amount: number };
  /** No answer at all, or one that says that the outcome is open: undefined. */
  readonly reply: Reply | undefined;
};

export const isAcknowledged = ({ reply }: Sent): boolean => reply?.status === 201;

/** Whether the answer settles the command: it happened, or the rules said no. All others say that it may be sent again. */
const isSettled = ({ status, body }: Reply): boolean => status === 201 || body.retryable === false;

/** What nobody knows the outcome of. */
export const isOpen = ({ reply }: Sent): boolean => reply === undefined || !isSettled(reply);

// Longer than any command may wait. A connection that was being given to a worker as it died is never answered.
const PATIENCE = 20_000;

const send = async (client: ApiClient, { key, path, body }: Omit<Sent, 'reply'>): Promise<Reply | undefined> =>
  client.post(path, body, { 'Idempotency-Key': key }, AbortSignal.timeout(PATIENCE)).catch(() => undefined);

const nextCommand = (accounts: readonly string[]): Omit<Sent, 'reply'> => {
  const from = accounts[randomInt(accounts.length)];
  const to = accounts[randomInt(accounts.length)];
  const money = { amount: randomInt(1, 20), currency: 'EUR' };
  const key = randomUUID();
  if (from === to) return { key, path: `/v1/accounts/${String(from)}/deposits`, body: money };
  return { key, path: '/v1/transfers', body: { fromAccountId: from, toAccountId: to, ...money } };
};

/** Deposits and transfers among some accounts, from many clients that go on whatever happens to the servers. */
export class Load {
  readonly sent: Sent[] = [];
  readonly #running: readonly Promise<void>[];
  #goesOn = true;

  constructor(clients: readonly ApiClient[], accounts: readonly string[], senders: number) {
    this.#running = Array.from({ length: senders }, async (_, index) => {
      const client = clients[index % clients.length];
      if (!client) throw new Error('no API to send to');
      while (this.#goesOn) {
        const command = nextCommand(accounts);
        const reply = await send(client, command);
        this.sent.push({ ...command, reply });
        if (!reply || !isSettled(reply)) await sleep(20);
      }
    });
  }

  get acknowledged(): number {
    return this.sent.filter(isAcknowledged).length;
  }

  /** Resolves when this many more commands were acknowledged: whatever was killed before has recovered then. */
  async progress(count: number): Promise<void> {
    const goal = this.acknowledged + count;
    while (this.acknowledged < goal) await sleep(20);
  }

  /** Resolves with everything that was sent, once the last answer is in. */
  async stop(): Promise<readonly Sent[]> {
    this.#goesOn = false;
    await Promise.all(this.#running);
    return this.sent;
  }
}

const ATTEMPTS = 100;

/** Sends one command again under its key, until the answer settles it. Rejects where none ever does. */
const settleOne = async (client: ApiClient, command: Sent): Promise<Required<Sent>> => {
  let reply: Reply | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    reply = await send(client, command);
    if (reply && isSettled(reply)) return { ...command, reply };
    await sleep(50);
  }
  throw new Error(`${command.path} is not settled: ${reply?.text ?? 'no answer'}`);
};

/** Sends each of these again under its key, until all answers settle them. */
export const settle = async (client: ApiClient, commands: readonly Sent[]): Promise<readonly Required<Sent>[]> => {
  const queue = [...commands];
  const settled: Required<Sent>[] = [];
  const work = async (): Promise<void> => {
    for (let command = queue.pop(); command; command = queue.pop()) settled.push(await settleOne(client, command));
  };
  await Promise.all(Array.from({ length: 32 }, work));
  return settled;
};
