import type { Storage } from '../../src/application/ports/storage.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import type { ApiClient } from './api.ts';
import { isAcknowledged, isOpen, type Sent, settle } from './load.ts';
import { verifyLedger } from './verify-ledger.ts';

/** The events that each key left behind. */
export const keysOf = (events: readonly RecordedEvent[]): ReadonlyMap<string, readonly RecordedEvent[]> => {
  const byKey = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    const key = event.metadata.idempotencyKey ?? '';
    byKey.set(key, [...(byKey.get(key) ?? []), event]);
  }
  return byKey;
};

export const amountsOf = (events: readonly RecordedEvent[]): readonly unknown[] =>
  events.map(({ data }) => ('amount' in data ? data.amount : undefined));

/** The amounts of the events that this command must have left behind, one for a deposit and two for a transfer. */
export const expectedAmounts = ({ path, body }: Sent): readonly bigint[] =>
  path === '/v1/transfers' ? [BigInt(body.amount), BigInt(body.amount)] : [BigInt(body.amount)];

const sentenceOf = ({ key, path, reply }: Sent, fault: string): string =>
  `${path} under ${key}, answered ${reply?.status ?? 'not at all'} ${reply?.text ?? ''}: ${fault}`;

/** What a command left behind is not what it was answered. */
const misled = (sent: readonly Sent[], byKey: ReturnType<typeof keysOf>): readonly string[] =>
  sent.flatMap((command) => {
    const expected = isAcknowledged(command) ? expectedAmounts(command) : [];
    const found = amountsOf(byKey.get(command.key) ?? []);
    return String(found) === String(expected) ? [] : [sentenceOf(command, `left behind [${String(found)}]`)];
  });

const reworded = async (client: ApiClient, acknowledged: readonly Sent[]): Promise<readonly string[]> => {
  const answers = new Map(acknowledged.map(({ key, reply }) => [key, reply?.text]));
  const again = await settle(client, acknowledged);
  return again
    .filter(({ key, reply }) => reply?.text !== answers.get(key))
    .map((command) => sentenceOf(command, `was ${answers.get(command.key) ?? ''}`));
};

/**
 * Holds everything that callers were told under load against the ledger: what was acknowledged is there once, what was refused never,
 * and a key settles to one effect and one answer. Sends what is open again. Empty where every promise is kept.
 */
export const brokenPromises = async (
  storage: Storage,
  client: ApiClient,
  sent: readonly Sent[],
): Promise<readonly string[]> => {
  const settled = await settle(client, sent.filter(isOpen));
  const told = [...sent.filter((command) => !isOpen(command)), ...settled];
  const changed = await reworded(client, told.filter(isAcknowledged));
  const { faults, events } = await verifyLedger(storage);
  return [...changed, ...misled(told, keysOf(events)), ...faults];
};
