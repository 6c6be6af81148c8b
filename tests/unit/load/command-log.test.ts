import { describe, expect, it } from 'vitest';
import { CommandLog } from '../../../src/load/command-log.ts';

const FIRST = '0199a6e2-6ebb-772f-9e49-98e3628e217d';
const SECOND = '0199a6e2-6ebb-772f-9e49-98e3628e217e';

describe('the log of commands', () => {
  it.each([0, 65_535, 65_536, 1_000_000])('keeps the outcome and both event ids of the command at %d', (place) => {
    const log = new CommandLog();
    expect(log.acknowledge(place, [FIRST, SECOND])).toBe(true);
    expect(log.outcomeOf(place)).toBe('acknowledged');
    expect([log.eventIdOf(place, 0), log.eventIdOf(place, 1)]).toEqual([FIRST, SECOND]);
    expect(log.length).toBe(place + 1);
    expect(log.outcomeOf(place + 1)).toBe('unsent');
  });

  it('takes nothing for an event id that is none', () => {
    const log = new CommandLog();
    expect(log.acknowledge(0, [])).toBe(false);
    expect(log.acknowledge(0, [FIRST, 'x'])).toBe(false);
    expect(log.outcomeOf(0)).toBe('unsent');
  });

  it('finds each leg once, and keeps the outcome with it', () => {
    const log = new CommandLog();
    log.acknowledge(5, [FIRST, SECOND]);
    expect([log.isFound(5, 0), log.isFound(5, 1)]).toEqual([false, false]);
    expect(log.find(5, 1)).toBe(true);
    expect(log.find(5, 1)).toBe(false);
    expect([log.isFound(5, 0), log.isFound(5, 1)]).toEqual([false, true]);
    expect(log.outcomeOf(5)).toBe('acknowledged');
  });

  it('tells all outcomes apart', () => {
    const log = new CommandLog();
    log.record(1, 'refused');
    log.record(2, 'unknown');
    expect([0, 1, 2, 3].map((place) => log.outcomeOf(place))).toEqual(['unsent', 'refused', 'unknown', 'unsent']);
  });
});
