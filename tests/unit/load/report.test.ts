import { describe, expect, it } from 'vitest';
import type { LoadPlan } from '../../../src/load/load-plan.ts';
import { Performer } from '../../../src/load/performer.ts';
import { momentLine, progressOn } from '../../../src/load/progress.ts';
import { reportOf } from '../../../src/load/report.ts';
import { reportText } from '../../../src/load/report-text.ts';

const plan: LoadPlan = {
  url: new URL('http://localhost:3000'),
  apiKey: 'a secret',
  duration: 2_000,
  pacing: { kind: 'open', perSecond: 10 },
  accounts: 100,
  hotAccountRatio: 0.02,
  hotSelectionRate: 0.5,
  readRatio: 0.5,
  transferRatio: 0.5,
  seed: 5,
  currency: 'EUR',
  initialDeposit: 100,
  timeout: 1,
  retryFor: 1,
  runId: 'r1',
};

const check = {
  accounts: 100,
  events: 220,
  total: '10000',
  totalAtLeast: '9000',
  totalAtMost: '11000',
  unknownFound: 1,
};
const lag = { count: 20, p50: 0.5, p95: 1, p99: 2, max: 30, late: 3, unsent: 0 };

const performed = (): Performer => {
  const performer = new Performer(plan);
  const { tally } = performer;
  tally.answered({ label: '201', isGood: true, isReplayed: true });
  tally.answered({ label: '422 INSUFFICIENT_FUNDS', isGood: false, isReplayed: false });
  tally.answered({ label: 'ECONNRESET', isGood: false, isReplayed: false });
  tally.retried();
  tally.settled('deposit', 'acknowledged', 10, true);
  tally.settled('deposit', 'acknowledged', 20, false);
  tally.settled('withdrawal', 'refused', 5, true);
  tally.settled('transfer', 'unknown', 5, true);
  tally.settled('balance', 'unknown', 5, true);
  return performer;
};

describe('the report of a run', () => {
  it('counts answers, outcomes, retries and replays, and what was done in time', () => {
    const report = reportOf(performed(), { elapsed: 2_000, lag }, check, 500);
    expect(report).toMatchObject({
      isSound: true,
      requests: 5,
      throughput: 0.5,
      answers: { '201': 1, '422 INSUFFICIENT_FUNDS': 1, ECONNRESET: 1 },
      commands: { acknowledged: 2, refused: 1, 'given-up': 0, unknown: 1 },
      failedReads: 1,
      retries: 1,
      replays: 1,
      clientCpu: 100,
      run: { url: 'http://localhost:3000/', hotAccounts: 2, runId: 'r1' },
      latencies: { deposit: { count: 2, max: 20 } },
    });
    expect(Object.keys(report.latencies)).toEqual(['deposit']);
  });

  it('never shows the API key', () => {
    const report = reportOf(performed(), { elapsed: 2_000 }, check, 500);
    expect(JSON.stringify(report) + reportText(report)).not.toContain('secret');
  });

  it('is not sound with a breach, nor where nothing succeeded', () => {
    const performer = performed();
    performer.breaches.add({ kind: 'missing', account: 'a', key: 'k', eventId: 'e', detail: 'gone' });
    expect(reportOf(performer, { elapsed: 1 }, check, 0).isSound).toBe(false);
    expect(reportOf(new Performer(plan), { elapsed: 1 }, check, 0).isSound).toBe(false);
  });

  it('tells people the same', () => {
    const text = reportText(reportOf(performed(), { elapsed: 2_000, lag }, check, 500));
    expect(text).toContain('deposit  2');
    expect(text).toContain(
      '2 acknowledged, 1 refused, 0 given up, 1 unknown. 1 retries, 1 replayed answers, 1 failed reads',
    );
    expect(text).toContain('3 more than 10 ms late');
    expect(text).toContain('1 commands have no known outcome: 1 of them are recorded. The total may be 9000 to 11000.');
    expect(text).toContain('The books are right');
    expect(text).not.toContain('never sent');
  });

  it('names each breach, and says what was never sent', () => {
    const performer = performed();
    performer.breaches.add({ kind: 'missing', account: 'a', key: 'k', eventId: 'e', detail: 'gone' });
    const text = reportText(reportOf(performer, { elapsed: 2_000, lag: { ...lag, unsent: 4 } }, check, 500));
    expect(text).toContain('The books are WRONG: 1 breaches.\n  missing, account a, key k, event e, gone');
    expect(text).toContain('4 requests were due and never sent');
  });

  it('keeps a bounded number of breaches and counts them all', () => {
    const { breaches } = new Performer(plan);
    for (let index = 0; index < 1_500; index += 1) breaches.add({ kind: 'money', detail: `${index}` });
    expect([breaches.count, breaches.kept.length]).toEqual([1_500, 1_000]);
  });
});

describe('the progress of a run', () => {
  it('says what happened in the last interval, and all errors so far', () => {
    const { tally } = performed();
    const line = momentLine(tally.moment(), { elapsed: 3_000, duration: 30_000, interval: 500 });
    expect(line).toMatch(/^3 s of 30 s \| 10\/s \| p50 10\.\d ms \| p99 20\.0 ms \| 1 errors$/);
    expect(momentLine(tally.moment(), { elapsed: 4_000, duration: 30_000, interval: 1_000 })).toContain('| 0/s |');
  });

  it('draws over its line on a terminal, and never past its edge', () => {
    const written: string[] = [];
    const screen = { isTerminal: true, columns: 12, write: (text: string) => void written.push(text) };
    progressOn(screen).counting('opening accounts', 5).stop();
    expect(written).toEqual(['\r\u001b[2Kopening acc', '\n']);
  });

  it('writes plain lines elsewhere', () => {
    const written: string[] = [];
    const screen = { isTerminal: false, columns: 80, write: (text: string) => void written.push(text) };
    const counting = progressOn(screen).counting('opening accounts', 5);
    counting.advance();
    counting.stop();
    expect(written).toEqual(['opening accounts: 1 of 5\n']);
  });
});
