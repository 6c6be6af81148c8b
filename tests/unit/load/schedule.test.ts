import { describe, expect, it } from 'vitest';
import { Latencies } from '../../../src/load/latencies.ts';
import { Schedule } from '../../../src/load/schedule.ts';

describe('the schedule of an open load', () => {
  it('spreads the requests evenly from the start on, without drifting', () => {
    const schedule = new Schedule(1_000, 3);
    expect(schedule.dueAt(0)).toBe(1_000);
    expect(schedule.dueAt(3)).toBe(2_000);
    expect(schedule.dueAt(3_000_000)).toBe(1_000_001_000);
  });

  it.each([
    [1_000, 0],
    [1_001, 1],
    [2_000, 10],
    [2_001, 11],
    [0, 0],
  ])('knows how many are due before %d ms', (moment, expected) => {
    expect(new Schedule(1_000, 10).countBefore(moment)).toBe(expected);
  });

  it('counts as late what was sent more than 10 ms after it was due', () => {
    const schedule = new Schedule(0, 100);
    schedule.sent(100, 99);
    schedule.sent(100, 110);
    schedule.sent(100, 111);
    expect(schedule.summary()).toMatchObject({ count: 3, late: 1, max: 11 });
  });
});

describe('latencies', () => {
  it('are exact to three figures, with the exact greatest', () => {
    const latencies = new Latencies();
    for (let value = 1; value <= 1_000; value += 1) latencies.record(value);
    const { count, p50, p95, p99, max } = latencies.summary();
    expect([count, max]).toEqual([1_000, 1_000]);
    expect(Math.abs(p50 - 500)).toBeLessThan(1);
    expect(Math.abs(p95 - 950)).toBeLessThan(1);
    expect(Math.abs(p99 - 990)).toBeLessThan(1);
  });

  it('take anything from nothing to more than an hour', () => {
    const latencies = new Latencies();
    latencies.record(0);
    latencies.record(10_000_000);
    expect(latencies.summary()).toMatchObject({ count: 2, max: 10_000_000 });
  });

  it('are nothing before the first', () => {
    expect(new Latencies().summary()).toEqual({ count: 0, p50: 0, p95: 0, p99: 0, max: 0 });
  });
});
