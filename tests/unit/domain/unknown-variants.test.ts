import { describe, expect, it } from 'vitest';
import { Account } from '../../../src/domain/account/account.ts';
import { postingOf } from '../../../src/domain/account/evolve.ts';
import { bookingOf } from '../../../src/domain/chart/chart-of-accounts.ts';
import { decideHold } from '../../../src/domain/hold/hold.ts';
import { accountOpened, NOW } from '../../support/facts.ts';
import { foldOf } from '../../support/given.ts';

/** What no release has written, and the compiler therefore does not see. */
const stranger = { type: 'InterestAccrued' } as never;
const circumstances = { recordedAt: NOW, eventIds: [] } as never;
const account = foldOf(accountOpened());

describe('a kind that no rule is about', () => {
  it.each<[string, () => unknown]>([
    ['a command', () => Account.decide(stranger, account, circumstances)],
    ['a command about a hold', () => decideHold(stranger, { account, ending: undefined }, circumstances)],
    ['an event that might book something', () => postingOf(stranger)],
    ['a movement', () => bookingOf(stranger)],
  ])('is a mistake that is said, not passed over: %s', (_, decide) => {
    expect(decide).toThrow(/^unhandled variant: .*InterestAccrued/);
  });
});
