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

const brokenAnswer = (sending: Sending, heard: Heard & { kind: 'answered' }): string | undefined => {
  const { attempt, left, place } = sending;
  // What one process had handed to another, and asked for itself when that fell silent, may be found to be done: then it is its own.
  if (left.length === 0) return heard.replayed[place] ? undefined : 'was acknowledged and has no effect';
  const isInTime = left.every(({ at }) => at >= attempt.sentAt && at <= attempt.heardAt);
  return isInTime ? undefined : 'was acknowledged before it was in the store, or was there before it was sent';
};

/** What a sending has left must be what its client was told. */
const brokenPromise = (sending: Sending): string | undefined => {
  const { heard } = sending.attempt;
  if (!heard) return 'has no end';
  switch (heard.kind) {
    case 'unknown':
      return undefined;
    case 'broken':
      return `ended with ${heard.error instanceof Error ? heard.error.stack : String(heard.error)}`;
    case 'answered':
      return brokenAnswer(sending, heard);
    default:
      return sending.left.length > 0 ? `was ${heard.kind} (${heard.code}) and has had an effect` : undefined;
  }
};

/** What the events of a want must say, as far as the want itself says it: accounts with signed amounts. */
const expectedEffect = (want: Want): readonly string[] | undefined => {
  switch (want.type) {
    case 'DepositMoney':
      return [`MoneyDeposited ${want.accountId} ${want.money.amount}`];
    case 'WithdrawMoney':
      return [`MoneyWithdrawn ${want.accountId} ${0n - want.money.amount}`];
    case 'TransferMoney':
      return [
        `TransferSent ${want.fromAccountId} ${0n - want.money.amount}`,
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
const brokenKey = (ofKey: readonly Sending[], stored: Answer | undefined): readonly string[] => {
  const effects = ofKey.filter(({ left }) => left.length > 0).length;
  const answered = ofKey.filter(({ attempt: { heard } }) => heard?.kind === 'answered');
  const texts = new Set([...answersOf(answered), ...(stored ? [stored] : [])].map(textOf));
  const requests = new Set(answered.map(({ item }) => hashOf(item)));
  const rules: readonly (readonly [boolean, string])[] = [
    [effects > 1, `has had ${effects} effects`],
    [answered.length > 0 && effects === 0, 'was acknowledged and has no effect'],
    [effects > 0 && !stored, 'has an effect, and its answer was not stored'],
    [effects === 0 && stored !== undefined, 'has an answer, and no effect'],
    [texts.size > 1, `has ${texts.size} answers: ${[...texts].join(' and ')}`],
    [requests.size > 1, `was answered to ${requests.size} different requests`],
  ];
  return rules.flatMap(([isBroken, sentence]) => (isBroken ? [sentence] : []));
};

const brokenKeys = async (sendings: readonly Sending[], { storage }: Evidence): Promise<readonly string[]> => {
  const broken: string[] = [];
  for (const [key, ofKey] of grouped(sendings, ({ item }) => item.key)) {
    const row = await storage.table(idempotencyKeysTable).get(`client ${key}`);
    broken.push(...brokenKey(ofKey, row && answerOf(row)).map((sentence) => `${key} ${sentence}`));
  }
  return broken;
};

const isWhole = (together: readonly Sending[], heard: Heard | undefined): boolean => {
  const without = together.filter(({ left }) => left.length === 0).length;
  if (heard?.kind === 'answered') return without <= heard.replayed.filter(Boolean).length;
  // Nobody knows which of its commands had been answered before.
  return heard?.kind === 'unknown' || without === together.length;
};

/** What stands or falls together has all of its effects or none: commands that were answered before have theirs already. */
const brokenTogether = (sendings: readonly Sending[]): readonly string[] => {
  const byAttempt = grouped(sendings, ({ attempt }) => attempt);
  return [...byAttempt].flatMap(([{ order, heard }, together]) => {
    const times = new Set(together.flatMap(({ left }) => left.map(({ at }) => at)));
    if (times.size > 1) return [`order ${order.number} was committed at ${times.size} moments`];
    return isWhole(together, heard) ? [] : [`order ${order.number} is there by half`];
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
