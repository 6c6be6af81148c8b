import { describe, expect, it } from 'vitest';
import type { Answer, Connection, LoadRequest } from '../../../src/load/connection.ts';
import { type Outcome, settle } from '../../../src/load/settle.ts';

const request: LoadRequest = { method: 'POST', path: '/v1/transfers', key: 'k1', body: '{}' };

const answer = (status: number, body: object = {}, isReplayed = false): Answer => ({
  status,
  body: JSON.stringify(body),
  isReplayed,
  retryAfter: 0,
});
const problem = (status: number, code: string, retryable: boolean): Answer => answer(status, { code, retryable });

const done = answer(201, { eventId: 'e' });
const reset: Answer = { status: undefined, reason: 'ECONNRESET' };
const overloaded = problem(503, 'OVERLOADED', true);
const unknown = problem(503, 'OUTCOME_UNKNOWN', true);
const noFunds = problem(422, 'INSUFFICIENT_FUNDS', false);

type Settled = {
  readonly outcome: Outcome;
  readonly sent: readonly LoadRequest[];
  readonly labels: readonly string[];
  readonly retries: number;
  readonly replays: number;
};

/** Settles against a server that gives these answers, the last one for ever. */
const settled = async (answers: readonly Answer[], retryFor = 10_000): Promise<Settled> => {
  const sent: LoadRequest[] = [];
  const labels: string[] = [];
  let retries = 0;
  let replays = 0;
  const send = (one: LoadRequest): Promise<Answer> => {
    sent.push(one);
    return Promise.resolve(answers[Math.min(sent.length, answers.length) - 1] ?? reset);
  };
  const witness = {
    answered: ({ label, isReplayed }: { label: string; isReplayed: boolean }) => {
      labels.push(label);
      if (isReplayed) replays += 1;
    },
    retried: () => void (retries += 1),
  };
  const outcome = await settle({ send } as Connection, request, { retryFor, random: () => 0 }, witness);
  return { outcome, sent, labels, retries, replays };
};

describe('a command that is settled', () => {
  it('is acknowledged at once', async () => {
    const { outcome, retries } = await settled([done]);
    expect(outcome).toEqual({ kind: 'acknowledged', body: '{"eventId":"e"}' });
    expect(retries).toBe(0);
  });

  it('is sent again, just as it was, until it is acknowledged', async () => {
    const replayed = answer(201, { eventId: 'e' }, true);
    const { outcome, sent, labels, retries, replays } = await settled([reset, unknown, overloaded, replayed]);
    expect(outcome.kind).toBe('acknowledged');
    expect(new Set(sent)).toEqual(new Set([request]));
    expect(labels).toEqual(['ECONNRESET', '503 OUTCOME_UNKNOWN', '503 OVERLOADED', '201']);
    expect([retries, replays]).toEqual([3, 1]);
  });

  it.each([
    ['the rules said no', [noFunds], { kind: 'refused', code: '422 INSUFFICIENT_FUNDS' }],
    [
      'they said no after nothing had happened',
      [overloaded, noFunds],
      { kind: 'refused', code: '422 INSUFFICIENT_FUNDS' },
    ],
    ['a first attempt may still be on its way', [reset, noFunds], { kind: 'unknown', code: '422 INSUFFICIENT_FUNDS' }],
  ] as const)('is not sent again where %s', async (_, answers, expected) => {
    const { outcome, sent } = await settled(answers);
    expect(outcome).toEqual(expected);
    expect(sent.length).toBe(answers.length);
  });

  it.each([
    ['unknown where nobody ever answered', [reset], { kind: 'unknown', code: 'ECONNRESET' }],
    ['unknown where one attempt may have happened', [unknown, overloaded], { kind: 'unknown', code: '503 OVERLOADED' }],
    ['unknown after a page of some proxy', [answer(502)], { kind: 'unknown', code: '502' }],
    ['given up where nothing happened each time', [overloaded], { kind: 'given-up', code: '503 OVERLOADED' }],
  ] as const)('is %s until the patience was over', async (_, answers, expected) => {
    const { outcome, sent } = await settled(answers, 200);
    expect(outcome).toEqual(expected);
    expect(sent.length).toBeGreaterThan(1);
  });

  it('is sent again where only `retryable` says so', async () => {
    const { outcome } = await settled([problem(409, 'CONCURRENCY_CONFLICT', true), done]);
    expect(outcome.kind).toBe('acknowledged');
  });
});
