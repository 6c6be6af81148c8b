import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from '../../src/application/commands/command.ts';
import { handlerOf } from '../../src/application/commands/handlers.ts';
import { accountAt } from '../../src/application/replay/account-history.ts';
import type { Attempt, DryStep } from '../../src/application/what-if/dry-run.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import { type AccountId, streamIdOf } from '../../src/domain/account/account-id.ts';
import { DomainError, type DomainErrorCode } from '../../src/domain/domain-error.ts';
import { type Group, Requests, type Script, script, type Step } from '../support/bank-scripts.ts';
import { compare } from '../support/compare-with-model.ts';
import { commandOfRequest, hearing, memoryPlaces, mongoPlaces, type Places } from '../support/ledger-under-test.ts';
import { ModelBank } from '../support/model-bank.ts';
import { isBooked, signedAmount } from '../support/naive-history.ts';
import { ManualClock, openTestLedger, type TestLedger } from '../support/test-ledger.ts';

const ACCOUNT = 'a' as AccountId;
const streamId = streamIdOf(ACCOUNT);

type Played = { readonly ledger: TestLedger; readonly bank: ModelBank; readonly requests: Requests };

const open = async (places: Places, played: Script): Promise<Played> => {
  const { storage } = await places.open();
  const ledger = openTestLedger({ storage, clock: new ManualClock() });
  const bank = new ModelBank();
  const requests = new Requests(bank);
  const [first] = played.openings;
  const openings = [first ?? { age: 500, limit: 10n, deposit: 50n }, ...played.openings.slice(1)];
  await compare(ledger, bank, requests.openings({ ...played, openings }, ledger.clock.now()));
  return { ledger, bank, requests };
};

/** Every group lies behind the one before it, so that each has a moment of its own. */
const goOn = async ({ ledger, bank, requests }: Played, groups: readonly Group[]): Promise<void> => {
  for (const { steps, tick } of groups) {
    ledger.clock.move(1 + Math.abs(tick));
    await compare(
      ledger,
      bank,
      steps.map((step) => requests.make(step, ledger.clock.now())),
    );
  }
};

const isAbout = ({ wish }: Command): boolean => handlerOf(wish).streamsOf(wish).includes(streamId);

/** New commands about the account, each as it could be submitted now. */
const attemptsOf = async ({ ledger, requests }: Played, steps: readonly Step[]): Promise<readonly Attempt[]> => {
  const attempts: Attempt[] = [];
  for (const step of steps) {
    const who = step.kind === 'transfer' && step.isWhole ? step.who : 0;
    const request = requests.make({ ...step, who, key: 'new' }, ledger.clock.now());
    const command = await commandOfRequest(ledger, request);
    if (typeof command === 'string') attempts.push(new DomainError(command as DomainErrorCode));
    else if (isAbout(command)) attempts.push(command);
  }
  return attempts;
};

const outcomeOf = (step: DryStep): string | readonly RecordedEvent[] =>
  step.kind === 'rejected' ? step.error.code : step.changes.map(({ event }) => event);

/** Submits them for good, one by one. */
const submitAll = async (ledger: TestLedger, attempts: readonly Attempt[]): Promise<unknown[]> => {
  const outcomes: unknown[] = [];
  for (const attempt of attempts) {
    if (attempt instanceof DomainError) {
      outcomes.push(attempt.code);
      continue;
    }
    const before = ledger.commits.length;
    const heard = await hearing(ledger, attempt);
    outcomes.push(ledger.commits.length > before ? ledger.commits.at(-1) : heard);
  }
  return outcomes;
};

const dryIsReal = async (played: Played, steps: readonly Step[]): Promise<void> => {
  const { ledger } = played;
  ledger.clock.move(1);
  const attempts = await attemptsOf(played, steps);
  const dry = await ledger.queries.dryRun(ACCOUNT, {}, attempts);
  const events = await ledger.storage.events.read(streamId, { after: 0, limit: 10_000 });
  expect(dry.account.version).toBe(events.length);
  const accounts = [];
  const real: unknown[] = [];
  for (const attempt of attempts) {
    real.push(...(await submitAll(ledger, [attempt])));
    accounts.push((await accountAt(ledger.storage, streamId)).account);
  }
  expect(dry.steps.map(outcomeOf)).toStrictEqual(real);
  expect(dry.steps.map(({ account }) => account)).toStrictEqual(accounts);
};

/** With an event changed to what it is, history is what it was; without it, it is the sum of what is left. */
const alterationsAreHistory = async ({ ledger }: Played, pick: number): Promise<void> => {
  const events = await ledger.storage.events.read(streamId, { after: 0, limit: 10_000 });
  const { account } = await accountAt(ledger.storage, streamId);
  const event = events[pick % events.length];
  if (!event || event.version === 1) return;
  const { eventId } = event;
  if ('amount' in event.data && isBooked(event)) {
    const { amount } = event.data;
    const same = await ledger.queries.alterHistory(ACCOUNT, {}, { eventId, change: { amount } });
    expect(same.steps.map(({ outcome, error }) => error ?? outcome)).toStrictEqual(
      events.slice(event.version - 1).map((it) => (it === event ? 'changed' : 'kept')),
    );
    for (const { real, altered } of same.steps) expect(altered).toStrictEqual(real);
    expect(same.altered).toStrictEqual(account);
  }
  const without = await ledger.queries.alterHistory(ACCOUNT, {}, { eventId });
  expect(without.steps.map((step) => step.event)).toStrictEqual(events.slice(event.version - 1));
  expect(without.real).toStrictEqual(account);
  const gone = new Set(without.steps.filter(({ outcome }) => outcome !== 'kept').map((step) => step.event.eventId));
  expect(gone.has(eventId)).toBe(true);
  const left = events.filter((it) => !gone.has(it.eventId));
  expect(without.altered.ledgerBalance).toBe(left.reduce((sum, it) => sum + signedAmount(it), 0n));
  expect(without.altered.version).toBe(left.length);
};

const nothingIsWritten = async ({ ledger }: Played, act: () => Promise<unknown>): Promise<void> => {
  const before = ledger.attempts();
  await act();
  expect(ledger.attempts()).toBe(before);
};

const storages: readonly [string, () => Promise<Places>, number][] = [
  ['memory', memoryPlaces, 150],
  ['a replica set', mongoPlaces, 10],
];

describe.each(storages)('any commands after any history, on %s', (_, openPlaces, numRuns) => {
  let places: Places;

  beforeAll(async () => {
    places = await openPlaces();
  });

  afterAll(() => places.close());

  it('come to the same tried as submitted, now and looked back at; and histories add up without an event', async () => {
    const property = fc.asyncProperty(script, fc.nat(1_000), async (asked, pick) => {
      const played = await open(places, asked);
      const { ledger } = played;
      const [last, ...earlier] = [...asked.groups].reverse();
      const [first, second] = [earlier.slice(1).reverse(), earlier.slice(0, 1)];
      await goOn(played, first);
      const knownAt = ledger.clock.now();
      const attempts = await attemptsOf(played, last?.steps ?? []);
      const then = await ledger.queries.dryRun(ACCOUNT, {}, attempts);
      await goOn(played, second);
      await dryIsReal(played, last?.steps ?? []);
      ledger.clock.move(1);
      await submitAll(ledger, attempts);
      await nothingIsWritten(played, async () => {
        expect(await ledger.queries.dryRun(ACCOUNT, { knownAt }, attempts)).toStrictEqual(then);
        await alterationsAreHistory(played, pick);
      });
    });
    await fc.assert(property, { numRuns, interruptAfterTimeLimit: 45_000 });
  });
});
