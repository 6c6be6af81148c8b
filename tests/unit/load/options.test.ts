import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  address,
  currency,
  duration,
  type Options,
  planOf,
  rate,
  ratio,
  wholeNumber,
} from '../../../src/cli/load-options.ts';
import { CannotLoad } from '../../../src/load/load-plan.ts';

const options: Options = {
  url: new URL('http://localhost'),
  duration: 1,
  accounts: 2,
  hotAccountRatio: 0,
  hotSelectionRate: 0,
  readRatio: 0,
  transferRatio: 0.5,
  initialDeposit: 0,
  currency: 'EUR',
  timeout: 1,
  retryFor: 1,
};

describe('the options of npm run load', () => {
  it.each([
    ['30s', 30_000],
    ['2m', 120_000],
    ['1.5h', 5_400_000],
    ['500ms', 500],
  ])('take the duration %s', (text, expected) => {
    expect(duration(text)).toBe(expected);
  });

  it.each([
    ['duration', duration, ['30', '0s', '-1s', 's', '1d', '']],
    ['share', ratio, ['1.1', '-0.1', 'x', '', '1e-3']],
    ['rate', rate, ['0', '-1', 'x', '', 'Infinity']],
    ['whole number', wholeNumber(1, 10), ['0', '11', '1.5', '-1', '', 'x', '0x5']],
    ['address', address, ['localhost:3000', 'ftp://localhost', '', 'http://']],
    ['currency', currency, ['eur', 'EU', '', 'EURO']],
  ] as const)('refuse what is no %s', (_, parse: (text: string) => unknown, texts) => {
    for (const text of texts) expect(() => parse(text), text).toThrow(InvalidArgumentError);
  });

  it('drive a closed loop unless a rate is given', () => {
    const chance = { runId: 'r', seed: 9 };
    expect(planOf(options, chance)).toMatchObject({ pacing: { kind: 'closed', workers: 32 }, seed: 9, runId: 'r' });
    expect(planOf({ ...options, workers: 5, seed: 0 }, chance)).toMatchObject({
      pacing: { kind: 'closed', workers: 5 },
      seed: 0,
    });
    expect(planOf({ ...options, rate: 50 }, chance).pacing).toEqual({ kind: 'open', perSecond: 50 });
  });

  it('refuse transfers with one account', () => {
    expect(() => planOf({ ...options, accounts: 1 }, { runId: 'r', seed: 0 })).toThrow(CannotLoad);
  });
});
