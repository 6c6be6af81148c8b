import type { Breaches } from '../breaches.ts';
import { groupIn } from '../load/bank.ts';
import type { CommandRecord, ExpectedEvent } from '../load/command.ts';
import type { StoredAccount, StoredEvent } from './streams.ts';

/** An event with the account it is of. */
export type Found = StoredEvent & { readonly accountId: string };

/** The events that each key left behind. */
export type Effects = ReadonlyMap<string, readonly Found[]>;

/** Those that the opening of the bank left behind begin so. */
export const OPENING_KEY = 'opening-';

export const effectsOf = (accounts: readonly StoredAccount[]): Effects => {
  const effects = new Map<string, Found[]>();
  for (const { accountId, events } of accounts) {
    for (const event of events) {
      const key = event.metadata.idempotencyKey ?? '';
      const found = effects.get(key) ?? [];
      found.push({ ...event, accountId });
      effects.set(key, found);
    }
  }
  return effects;
};

const nameOf = ({ command }: CommandRecord): string => `${command.kind} ${command.key}`;

const wordOf = (accountId: string, type: string, amount: number): string => `${type} of ${amount} on ${accountId}`;

// An account that is opened has an event for that too, which moves nothing.
const movingOf = (found: readonly Found[]): readonly string[] =>
  found
    .filter(({ type }) => type !== 'AccountOpened')
    .map(({ accountId, type, data }) => wordOf(accountId, type, data.amount ?? 0))
    .sort();

const expectedOf = (events: readonly ExpectedEvent[]): readonly string[] =>
  events.map(({ accountId, type, amount }) => wordOf(accountId, type, amount)).sort();

type Ids = { readonly eventId?: string; readonly from?: { eventId: string }; readonly to?: { eventId: string } };

/** The events that an answer names. */
const idsIn = (body: string): readonly string[] => {
  const { eventId, from, to } = JSON.parse(body) as Ids;
  return [eventId, from?.eventId, to?.eventId].filter((id) => id !== undefined);
};

const checkAcknowledged = (record: CommandRecord, found: readonly Found[], breaches: Breaches): void => {
  const { command, answers } = record;
  const [expected, stored] = [expectedOf(command.events), movingOf(found)];
  if (stored.length === 0) breaches.add('missing', `${nameOf(record)} was acknowledged and left nothing behind`);
  else if (stored.length > expected.length) breaches.add('doubled', `${nameOf(record)} left ${stored.join(', ')}`);
  else if (String(stored) !== String(expected)) {
    breaches.add('altered', `${nameOf(record)} left ${stored.join(', ')} instead of ${expected.join(', ')}`);
  }
  for (const id of idsIn(answers[0] ?? '{}')) {
    if (found.some(({ eventId }) => eventId === id)) continue;
    breaches.add('altered', `${nameOf(record)} was answered with event ${id}, which is not what it left behind`);
  }
};

const checkAnswers = (record: CommandRecord, breaches: Breaches): void => {
  const [first, ...others] = record.answers;
  const different = others.find((answer) => answer !== first);
  if (different === undefined) return;
  breaches.add('different-answers', `${nameOf(record)} was answered ${String(first)} and ${different}`);
};

const checkOne = (record: CommandRecord, effects: Effects, breaches: Breaches): void => {
  const found = effects.get(record.command.key) ?? [];
  checkAnswers(record, breaches);
  if (record.acknowledged !== undefined) checkAcknowledged(record, found, breaches);
  else if (!record.isSettled) breaches.add('unsettled', `nobody says what became of ${nameOf(record)}`);
  else if (found.length > 0) {
    const left = movingOf(found).join(', ');
    breaches.add('refused-but-recorded', `${nameOf(record)} was refused and left ${left}`);
  }
};

// Ended by the ledger itself when their time has come.
const isOwn = ({ type }: Found): boolean => type === 'HoldExpired';

/** Each acknowledged command exactly once, each refused one never, nothing that nobody asked for; one answer for each key. */
export const checkCommands = (records: readonly CommandRecord[], effects: Effects, breaches: Breaches): void => {
  const known = new Set(records.map(({ command }) => command.key));
  for (const record of records) checkOne(record, effects, breaches);
  for (const [key, found] of effects) {
    if (known.has(key) || key.startsWith(OPENING_KEY) || found.every(isOwn)) continue;
    breaches.add('foreign', `${movingOf(found).join(', ')} under the key ${key}, which nobody used`);
  }
};

/** What the accounts of a group hold together. */
export const totalOf = (accounts: readonly StoredAccount[], group: 'open' | 'closed'): number =>
  accounts
    .filter(({ accountId }) => groupIn(accountId) === group)
    .reduce((sum, { ledgerBalance }) => sum + ledgerBalance, 0);
