import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/application/ports/finding.ts';
import { adviceOn } from '../../../src/cli/finding-text.ts';

const row: Finding = { collection: 'accounts', at: { row: 'alice' }, problem: 'the row is not what the events give' };
const snapshot: Finding = { collection: 'snapshots', at: { version: 100 }, problem: 'is not the account' };
const event: Finding = { collection: 'events', at: { position: 1 }, problem: 'is not there' };
const guard: Finding = { collection: 'accounts', at: {}, problem: 'its validator is missing' };

describe('what can be done about findings', () => {
  it('has rows of read models made anew', () => {
    expect(adviceOn([row, row])).toEqual([expect.stringContaining('npm run rebuild -- --switch')]);
  });

  it('has snapshots deleted', () => {
    expect(adviceOn([snapshot, row])).toEqual([
      expect.stringContaining('deleted'),
      expect.stringContaining('npm run rebuild'),
    ]);
  });

  it.each([
    ['an event', event],
    ['a validator', guard],
  ])('has nothing made anew where %s is wrong, for what follows from it would be wrong too', (_, finding) => {
    expect(adviceOn([row, finding, snapshot])).toEqual([expect.stringContaining('go back to a backup')]);
  });
});
