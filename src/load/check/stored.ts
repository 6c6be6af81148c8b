import { z } from 'zod';
import type { Connection } from '../connection.ts';
import { type Patience, settle, type Witness } from '../settle.ts';

const balance = z.object({ ledgerBalance: z.int(), version: z.int() });

const event = z.object({
  eventId: z.string(),
  version: z.int(),
  type: z.string(),
  data: z.object({ amount: z.int().optional() }),
  metadata: z.object({ idempotencyKey: z.string().optional() }),
});

const page = z.object({ events: z.array(event), nextCursor: z.string().optional() });

/** What this check looks at of what the ledger shows; amounts in minor units. */
export type StoredBalance = z.infer<typeof balance>;
export type StoredEvent = z.infer<typeof event>;

/** Something could not be read, or not be understood. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

const PAGE = 200;

const nobody: Witness = { answered: () => undefined, retried: () => undefined };

const read = async <Shape>(
  connection: Connection,
  path: string,
  patience: Patience,
  shape: z.ZodType<Shape>,
): Promise<Shape> => {
  const outcome = await settle(connection, { method: 'GET', path }, patience, nobody);
  if (outcome.kind !== 'acknowledged') throw new Unreadable(`GET ${path} gave ${outcome.code}`);
  try {
    return shape.parse(JSON.parse(outcome.body));
  } catch {
    throw new Unreadable(`GET ${path} gave something else than the API documents`);
  }
};

/** The balance of an account now. Rejects with Unreadable. */
export const readBalance = (connection: Connection, accountId: string, patience: Patience): Promise<StoredBalance> =>
  read(connection, `/v1/accounts/${accountId}/balance`, patience, balance);

/** Every event of an account, one page after the other. Rejects with Unreadable. */
export async function* readEvents(
  connection: Connection,
  accountId: string,
  patience: Patience,
): AsyncGenerator<readonly StoredEvent[]> {
  let cursor: string | undefined;
  do {
    const after = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const path = `/v1/accounts/${accountId}/events?limit=${PAGE}${after}`;
    const { events, nextCursor } = await read(connection, path, patience, page);
    if (nextCursor !== undefined && nextCursor === cursor) throw new Unreadable(`GET ${path} leads to itself`);
    yield events;
    cursor = nextCursor;
  } while (cursor !== undefined);
}
