import type { Answer } from '../../src/application/commands/command.ts';
import { answerOf, idempotencyKeysTable } from '../../src/application/commit/claims.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import type { Attempt, Heard } from '../clients.ts';
import { hashOf, type Item, type Want } from '../orders.ts';
import { signedAmount } from '../../tests/support/naive-history.ts';
import type { Evidence } from './broken-rules.ts';
import { grouped } from './grouped.ts';

type Recorded = { readonly event: RecordedEvent; readonly at: number };

/** One command as it was sent once, what was heard of it, and what it has left in the log under its own ids. */
type Sending = {
  readonly attempt: Attempt;
  readonly item: Item;
  readonly place: number;
  readonly left: readonly Recorded[];
};

const sendingsOf = ({ attempts, log }: Evidence): readonly Sending[] => {
  const byId = new Map(log.map((witnessed) => [witnessed.event.eventId, witnessed]));
  return attempts.flatMap((attempt) =>
    attempt.order.items.map((item, place) => {
      const ids = attempt.eventIds[place] ?? [];
      const left = ids.map((eventId) => byId.get(eventId)).filter((found) => found !== undefined);
      return { attempt, item, place, left };
    }),
  );
};

const nameOf = ({ attempt, item, place }: Sending): string =>
  `order ${attempt.order.number}, command ${place + 1} (${item.key} ${item.want.type}), sent at ${attempt.sentAt.toFixed(1)}`;

const isNew = ({ place }: Sending, heard: Heard & { kind: 'answered' }): boolean => heard.replayed[place] === false;

/** What a sending has left must be what its client was told. */
const brokenPromise = (sending: Sending): string | undefined => {
  const { attempt, left } = sending;
  const { heard, heardAt, sentAt } = attempt;
  if (!heard) return 'has no end';
  if (heard.kind === 'broken')
    return `ended with ${heard.error instanceof Error ? heard.error.stack : String(heard.error)}`;
  const isThere = left.length > 0;
  if (heard.kind === 'refused' || heard.kind === 'not taken') {
    return isThere ? `was ${heard.kind} (${heard.code}) and has had an effect` : undefined;
  }
  if (heard.kind === 'unknown') return undefined;
  if (!isNew(sending, heard))
    return isThere ? 'was answered as one that came before, and has an effect of its own' : undefined;
  if (!isThere) return 'was acknowledged and has no effect';
  const isInTime = left.every(({ at }) => at >= sentAt && at <= heardAt);
  return isInTime ? undefined : 'was acknowledged before it was in the store, or was there before it was sent';
};

/** What the events of a want must say, as far as the want itself says it: accounts with signed amounts. */
const expectedEffect = (want: Want): readonly string[] | undefined => {
  switch (want.type) {
    case 'DepositMoney':
      return [`MoneyDeposited ${want.accountId} ${want.money.amount}`];
    case 'WithdrawMoney':
      return [`MoneyWithdrawn ${want.accountId} ${-want.money.amount}`];
    case 'TransferMoney':
      return [
        `TransferSent ${want.fromAccountId} ${-want.money.amount}`,
        `TransferReceived ${want.toAccountId} ${want.money.amount}`,
      ];
    case 'OpenAccount': {
      const { accountId, initialDeposit } = want;
      const deposit = initialDeposit ? [`MoneyDeposited ${accountId} ${initialDeposit.amount}`] : [];
      return [`AccountOpened ${accountId} 0`, ...deposit];
    }
    case 'PlaceHold':
      return [`HoldPlaced ${want.accountId} 0`];
    case 'ReleaseHold':
      return [`HoldReleased ${want.accountId} 0`];
    default:
      return undefined;
  }
};

/** An effect must be the one that was asked for, and whole. */
const wrongEffect = (sending: Sending): string | undefined => {
  const { item, left } = sending;
  const expected = expectedEffect(item.want);
  if (left.length === 0 || !expected) return undefined;
  const found = left.map(
    ({ event }) => `${event.type} ${event.streamId.replace('account-', '')} ${signedAmount(event)}`,
  );
  return found.join() === expected.join() ? undefined : `asked for ${expected.join()} and got ${found.join()}`;
};

const brokenOf = (sendings: readonly Sending[], rule: (sending: Sending) => string | undefined): readonly string[] =>
  sendings.flatMap((sending) => {
    const broken = rule(sending);
    return broken === undefined ? [] : [`${nameOf(sending)} ${broken}`];
  });

const answersOf = (sendings: readonly Sending[]): readonly Answer[] =>
  sendings.flatMap(({ attempt: { heard }, place }) => {
    const answer = heard?.kind === 'answered' ? heard.answers[place] : undefined;
    return answer ? [answer] : [];
  });

const textOf = (answer: Answer): string => JSON.stringify(Object.entries(answer).sort());

/** A key has one effect at most, and one answer, which is stored and always the same. */
const brokenKeys = async (sendings: readonly Sending[], { storage }: Evidence): Promise<readonly string[]> => {
  const byKey = grouped(sendings, ({ item }) => item.key);
  const broken: string[] = [];
  for (const [key, ofKey] of byKey) {
    const effects = ofKey.filter(({ left }) => left.length > 0);
    const answers = answersOf(ofKey);
    const row = await storage.table(idempotencyKeysTable).get(`client ${key}`);
    const texts = new Set([...answers, ...(row ? [answerOf(row)] : [])].map(textOf));
    const hashes = new Set(
      ofKey.filter(({ attempt: { heard } }) => heard?.kind === 'answered').map(({ item }) => hashOf(item)),
    );
    if (effects.length > 1) broken.push(`${key} has had ${effects.length} effects`);
    if (answers.length > 0 && effects.length === 0) broken.push(`${key} was acknowledged and has no effect`);
    if (effects.length > 0 && !row) broken.push(`${key} has an effect, and its answer was not stored`);
    if (effects.length === 0 && row) broken.push(`${key} has an answer, and no effect`);
    if (texts.size > 1) broken.push(`${key} has ${texts.size} answers: ${[...texts].join(' and ')}`);
    if (hashes.size > 1) broken.push(`${key} was answered to ${hashes.size} different requests`);
  }
  return broken;
};

/** What stands or falls together has all of its effects or none: commands that were answered before have theirs already. */
const brokenTogether = (sendings: readonly Sending[]): readonly string[] => {
  const byAttempt = grouped(sendings, ({ attempt }) => attempt);
  return [...byAttempt].flatMap(([{ order, heard }, together]) => {
    const times = new Set(together.flatMap(({ left }) => left.map(({ at }) => at)));
    if (times.size > 1) return [`order ${order.number} was committed at ${times.size} moments`];
    const without = together.filter(({ left }) => left.length === 0).length;
    const isWhole = without === 0 || without === together.length;
    const replayed = heard?.kind === 'answered' ? heard.replayed.filter(Boolean).length : undefined;
    const isExplained = replayed === undefined ? isWhole || heard?.kind === 'unknown' : without === replayed;
    return isExplained ? [] : [`order ${order.number} is there by half`];
  });
};

/** Nobody but the clients and the sweeper has caused anything. */
const strayEvents = (sendings: readonly Sending[], { log }: Evidence): readonly string[] => {
  const explained = new Set(sendings.flatMap(({ left }) => left.map(({ event }) => event.eventId)));
  return log
    .filter(({ event }) => !explained.has(event.eventId) && event.type !== 'HoldExpired')
    .map(({ event }) => `${event.type} ${event.eventId} of ${event.streamId} was caused by nobody`);
};

/** Whether what clients were told is what has happened. */
export const brokenPromises = async (evidence: Evidence): Promise<readonly string[]> => {
  const sendings = sendingsOf(evidence);
  return [
    ...brokenOf(sendings, brokenPromise),
    ...brokenOf(sendings, wrongEffect),
    ...(await brokenKeys(sendings, evidence)),
    ...brokenTogether(sendings),
    ...strayEvents(sendings, evidence),
  ];
};
