import type { Answer, Command } from '../../src/application/commands/command.ts';
import {
  answerOf,
  idempotencyKeyIdOf,
  type IdempotencyKeyRow,
  idempotencyKeysTable,
} from '../../src/application/commit/claims.ts';
import { decideBatch, type Decision } from '../../src/application/commit/decide-batch.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { apiWording } from '../../src/http/presenters/answers.ts';
import type { Attempt, Heard } from '../clients.ts';
import { BEGINNING } from '../stand-ins.ts';
import type { Evidence } from './broken-rules.ts';
import { Past, type Places } from './past.ts';

type Keys = ReadonlyMap<string, IdempotencyKeyRow>;

const keysIn = async ({ storage }: Evidence): Promise<Keys> => {
  const rows = await storage.table(idempotencyKeysTable).range({ order: ['_id'] });
  return new Map(rows.map((row) => [row._id, row]));
};

const decide = (commands: readonly Command[], past: Past, places: Places, now: number): Decision => {
  const [decision] = decideBatch([commands], {
    ...past.before(places, commands),
    now: instant(Math.floor(now)),
    wording: apiWording,
  });
  if (!decision) throw new Error('a submission has a decision');
  return decision;
};

const textOf = (answer: Answer | undefined): string => JSON.stringify(Object.entries(answer ?? {}).sort());

/** What was recorded must be what the rules give on the ledger as it was right before, and the answer too. */
const brokenEffect = (attempt: Attempt, past: Past, keys: Keys): string | undefined => {
  const { commands, eventIds } = attempt;
  const events = eventIds.flat().flatMap((eventId) => past.find(eventId) ?? []);
  const [first] = events;
  if (!commands || !first) return undefined;
  const now = Math.min(...events.map(({ event }) => event.recordedAt));
  const decision = decide(commands, past, { accounts: first.place, facts: first.place }, now);
  if (decision.kind === 'rejected') return `has had an effect, and should have been refused (${decision.error.code})`;
  const isSame = commands.every(({ envelope }, index) => {
    const row = keys.get(idempotencyKeyIdOf(envelope) ?? '');
    return row && textOf(decision.outcomes[index]?.answer) === textOf(answerOf(row));
  });
  return isSame ? undefined : 'was answered otherwise than the ledger right before it gives';
};

/**
 * Of commands that stand or fall together only that it is a no: which of them is named, and why, may rest on what this process knew of the
 * accounts of those before it.
 */
const isRefusal = (heard: Heard & { kind: 'refused' }, decision: Decision, commands: readonly Command[]): boolean =>
  decision.kind === 'rejected' && (commands.length > 1 || decision.error.code === heard.code);

/** Accounts are read first, and then what was used before, from the first place to the last one. */
const placesBetween = (first: number, last: number): readonly Places[] => {
  const places: Places[] = [];
  for (let accounts = first; accounts <= last; accounts += 1)
    for (let facts = accounts; facts <= last; facts += 1) places.push({ accounts, facts });
  return places;
};

/** There must be moments between question and answer at which the rules say no to what was read then, and say it so. */
const brokenRefusal = (attempt: Attempt, past: Past, clockErrors: readonly number[]): string | undefined => {
  const { commands, heard, sentAt, heardAt } = attempt;
  if (heard?.kind !== 'refused') return undefined;
  if (!commands) return `was refused (${heard.code}), and what it names is there`;
  const times = clockErrors.flatMap((error) => [BEGINNING + sentAt + error, BEGINNING + heardAt + error]);
  const isRight = placesBetween(past.placeAt(sentAt), past.placeBehind(heardAt)).some((places) =>
    times.some((now) => isRefusal(heard, decide(commands, past, places, now), commands)),
  );
  return isRight ? undefined : `was refused (${heard.code}), which was right at no moment while it was asked`;
};

/** Whether everything happened as if one after the other: each command at one moment between its question and its answer. */
export const brokenSeries = async (evidence: Evidence): Promise<readonly string[]> => {
  const keys = await keysIn(evidence);
  const past = new Past(evidence.log, keys);
  return evidence.attempts.flatMap((attempt) => {
    const broken = brokenEffect(attempt, past, keys) ?? brokenRefusal(attempt, past, evidence.clockErrors);
    return broken === undefined
      ? []
      : [`order ${attempt.order.number}, sent at ${attempt.sentAt.toFixed(1)}, ${broken}`];
  });
};
