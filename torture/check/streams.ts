import { z } from 'zod';
import type { Door } from '../load/door.ts';

const event = z.object({
  eventId: z.string(),
  version: z.int(),
  type: z.string(),
  data: z.object({
    amount: z.int().optional(),
    holdAmount: z.int().optional(),
    overdraftLimit: z.int().optional(),
    originalEventId: z.string().optional(),
    originalType: z.string().optional(),
    originalAmount: z.int().optional(),
    holdId: z.string().optional(),
  }),
  metadata: z.object({ idempotencyKey: z.string().optional() }),
  recordedAt: z.string(),
  effectiveAt: z.string(),
});

export type StoredEvent = z.infer<typeof event>;

const eventPage = z.object({ events: z.array(event), nextCursor: z.string().optional() });
const accountPage = z.object({
  accounts: z.array(z.object({ accountId: z.string(), ledgerBalance: z.int(), heldAmount: z.int(), version: z.int() })),
  nextCursor: z.string().optional(),
});

/** An account as the API shows it when all is quiet, with all its events. */
export type StoredAccount = z.infer<typeof accountPage>['accounts'][number] & {
  readonly events: readonly StoredEvent[];
};

/** Reads something of a ledger that nothing disturbs any more. Rejects with what it was answered instead. */
export const readQuiet = async <Shape>(door: Door, path: string, shape: z.ZodType<Shape>): Promise<Shape> => {
  const { answer } = await door.send({ method: 'GET', path });
  if (answer.status !== 200) {
    throw new Error(`GET ${path} gave ${answer.status === undefined ? answer.reason : answer.body}`);
  }
  return shape.parse(JSON.parse(answer.body));
};

const after = (cursor: string | undefined): string =>
  cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;

const eventsOf = async (door: Door, accountId: string): Promise<readonly StoredEvent[]> => {
  const events: StoredEvent[] = [];
  let cursor: string | undefined;
  do {
    const page = await readQuiet(door, `/v1/accounts/${accountId}/events?limit=200${after(cursor)}`, eventPage);
    events.push(...page.events);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return events;
};

/** Every account of the ledger. */
export const readAccounts = async (door: Door): Promise<readonly StoredAccount[]> => {
  const accounts: StoredAccount[] = [];
  let cursor: string | undefined;
  do {
    const page = await readQuiet(door, `/v1/accounts?limit=200${after(cursor)}`, accountPage);
    for (const account of page.accounts) {
      accounts.push({ ...account, events: await eventsOf(door, account.accountId) });
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return accounts;
};
