import { describe, expect, it } from 'vitest';
import { DomainError, type DomainErrorCode, domainErrorCodes } from '../../../src/domain/domain-error.ts';
import { MOST_HOLDS } from '../../../src/domain/hold/hold.ts';
import { LARGEST_AMOUNT } from '../../../src/domain/money/money.ts';
import {
  accountClosed,
  accountFrozen,
  accountOpened,
  ALICE,
  BOB,
  eur,
  type Fact,
  holdPlaced,
  holdReleased,
  moneyDeposited,
  moneyWithdrawn,
  NOW,
  on,
  START,
  transferred,
  usd,
} from '../../support/facts.ts';
import { given } from '../../support/given.ts';
import {
  captureHold,
  changeOverdraftLimit,
  closeAccount,
  depositMoney,
  freezeAccount,
  openAccount,
  placeHold,
  releaseHold,
  reverseEvent,
  transferMoney,
  unfreezeAccount,
  withdrawMoney,
} from '../../support/wishes.ts';

type When = Parameters<ReturnType<typeof given>['when']>;
type Breaks = (code: DomainErrorCode) => boolean;

/** A command, and a way to make it break any of its rules: what happened before, what is asked, and when it is decided. */
type Scenario = {
  readonly command: string;
  readonly rules: readonly DomainErrorCode[];
  readonly exclusive?: readonly DomainErrorCode[];
  readonly of: (breaks: Breaks) => { readonly facts: readonly Fact[]; readonly when: When };
};

const some = (condition: boolean, ...facts: readonly Fact[]): readonly Fact[] => (condition ? facts : []);

const existing = (breaks: Breaks, accountId: string = ALICE): readonly Fact[] =>
  some(!breaks('ACCOUNT_NOT_FOUND'), accountOpened({ accountId }));

const stopped = (breaks: Breaks, accountId: string = ALICE): readonly Fact[] => [
  ...some(breaks('ACCOUNT_FROZEN'), on(accountId, accountFrozen())),
  ...some(breaks('ACCOUNT_CLOSED'), on(accountId, accountClosed())),
];

const money = (breaks: Breaks, amount: bigint) => (breaks('CURRENCY_MISMATCH') ? usd(amount) : eur(amount));

/** Before the opening, after now, or both, which takes a decision before the opening. */
const dated = (breaks: Breaks): { readonly effectiveAt: number; readonly recordedAt: number } => {
  const [early, late] = [breaks('EFFECTIVE_BEFORE_OPENING'), breaks('EFFECTIVE_IN_FUTURE')];
  if (early && late) return { effectiveAt: START - 1, recordedAt: START - 2 };
  return { effectiveAt: early ? START - 1 : late ? NOW + 1 : NOW, recordedAt: NOW };
};

const moneyRules = [
  'ACCOUNT_NOT_FOUND',
  'ACCOUNT_CLOSED',
  'ACCOUNT_FROZEN',
  'CURRENCY_MISMATCH',
  'EFFECTIVE_IN_FUTURE',
  'EFFECTIVE_BEFORE_OPENING',
] as const satisfies readonly DomainErrorCode[];

const holdRules = [
  'ACCOUNT_NOT_FOUND',
  'HOLD_NOT_FOUND',
  'ACCOUNT_CLOSED',
] as const satisfies readonly DomainErrorCode[];

/** A hold of 2, which may have ended, or never been. */
const placed = (breaks: Breaks): readonly Fact[] => [
  ...existing(breaks),
  moneyDeposited(eur(9n)),
  ...some(!breaks('HOLD_NOT_FOUND'), holdPlaced(eur(2n))),
  ...some(breaks('HOLD_NOT_OPEN') && !breaks('HOLD_NOT_FOUND'), holdReleased(eur(2n))),
  ...stopped(breaks),
];

// Behind two hundred holds, a minute apart.
const FAR = NOW + 24 * 60 * 60_000;

const manyHolds = Array.from({ length: MOST_HOLDS }, (_, index) => holdPlaced(eur(1n), { holdId: `one-${index}` }));

const transferFrom = (broken: string): Scenario => ({
  command: `transferring, at ${broken}'s account`,
  rules: ['SAME_ACCOUNT', ...moneyRules, 'INSUFFICIENT_FUNDS', 'BALANCE_LIMIT_EXCEEDED'],
  of: (breaks) => {
    const at = (accountId: string): Breaks => (accountId === broken ? breaks : () => false);
    const amount = breaks('INSUFFICIENT_FUNDS') ? 11n : 10n;
    const { effectiveAt, recordedAt } = dated(breaks);
    return {
      facts: [
        ...existing(at(ALICE)),
        moneyDeposited(eur(10n)),
        ...stopped(at(ALICE)),
        ...existing(at(BOB), BOB),
        ...some(breaks('BALANCE_LIMIT_EXCEEDED'), on(BOB, moneyDeposited(eur(LARGEST_AMOUNT)))),
        ...stopped(at(BOB), BOB),
      ],
      when: [
        transferMoney(money(breaks, amount), {
          to: breaks('SAME_ACCOUNT') ? ALICE : BOB,
          // Bob's account is a few minutes younger.
          ...((breaks('EFFECTIVE_BEFORE_OPENING') || breaks('EFFECTIVE_IN_FUTURE')) && { effectiveAt }),
        }),
        recordedAt,
      ],
    };
  },
});

const scenarios: readonly Scenario[] = [
  {
    command: 'opening',
    rules: ['ACCOUNT_ALREADY_EXISTS', 'EFFECTIVE_IN_FUTURE', 'BALANCE_LIMIT_EXCEEDED'],
    of: (breaks) => ({
      facts: some(breaks('ACCOUNT_ALREADY_EXISTS'), accountOpened()),
      when: [
        openAccount({
          effectiveAt: breaks('EFFECTIVE_IN_FUTURE') ? NOW + 1 : NOW,
          overdraftLimit: 1n,
          initialDeposit: { amount: breaks('BALANCE_LIMIT_EXCEEDED') ? LARGEST_AMOUNT : 1n },
        }),
      ],
    }),
  },
  {
    command: 'depositing',
    rules: [...moneyRules, 'BALANCE_LIMIT_EXCEEDED'],
    of: (breaks) => ({
      facts: [...existing(breaks), moneyDeposited(eur(1n)), ...stopped(breaks)],
      when: [
        depositMoney(money(breaks, breaks('BALANCE_LIMIT_EXCEEDED') ? LARGEST_AMOUNT : 1n), dated(breaks)),
        dated(breaks).recordedAt,
      ],
    }),
  },
  {
    command: 'withdrawing',
    rules: [...moneyRules, 'INSUFFICIENT_FUNDS'],
    of: (breaks) => ({
      facts: [...existing(breaks), moneyDeposited(eur(1n)), ...stopped(breaks)],
      when: [
        withdrawMoney(money(breaks, breaks('INSUFFICIENT_FUNDS') ? 2n : 1n), dated(breaks)),
        dated(breaks).recordedAt,
      ],
    }),
  },
  transferFrom(ALICE),
  transferFrom(BOB),
  {
    command: 'placing a hold',
    rules: [
      'ACCOUNT_NOT_FOUND',
      'HOLD_ALREADY_EXISTS',
      'ACCOUNT_CLOSED',
      'ACCOUNT_FROZEN',
      'CURRENCY_MISMATCH',
      'HOLD_EXPIRES_IN_PAST',
      'HOLD_LIMIT_EXCEEDED',
      'INSUFFICIENT_FUNDS',
    ],
    of: (breaks) => ({
      facts: [
        ...existing(breaks),
        moneyDeposited(eur(breaks('HOLD_LIMIT_EXCEEDED') ? 201n : 1n)),
        ...some(breaks('HOLD_ALREADY_EXISTS'), holdPlaced(eur(1n)), holdReleased(eur(1n))),
        ...some(breaks('HOLD_LIMIT_EXCEEDED'), ...manyHolds),
        ...stopped(breaks),
      ],
      when: [
        placeHold(money(breaks, breaks('INSUFFICIENT_FUNDS') ? 2n : 1n), {
          expiresAt: breaks('HOLD_EXPIRES_IN_PAST') ? FAR : FAR + 1,
        }),
        FAR,
      ],
    }),
  },
  {
    command: 'capturing a hold',
    rules: [...holdRules, 'ACCOUNT_FROZEN', 'HOLD_NOT_OPEN', 'CURRENCY_MISMATCH', 'CAPTURE_EXCEEDS_HOLD'],
    // A hold that was never placed has not ended.
    exclusive: ['HOLD_NOT_FOUND', 'HOLD_NOT_OPEN'],
    of: (breaks) => ({
      facts: placed(breaks),
      when: [
        captureHold({
          amount: breaks('CAPTURE_EXCEEDS_HOLD') ? 3n : 2n,
          currency: breaks('CURRENCY_MISMATCH') ? 'USD' : 'EUR',
        }),
      ],
    }),
  },
  {
    command: 'releasing a hold',
    rules: [...holdRules, 'HOLD_NOT_OPEN'],
    exclusive: ['HOLD_NOT_FOUND', 'HOLD_NOT_OPEN'],
    of: (breaks) => ({ facts: placed(breaks), when: [releaseHold()] }),
  },
  {
    command: 'freezing',
    rules: ['ACCOUNT_NOT_FOUND', 'ACCOUNT_CLOSED', 'ACCOUNT_FROZEN'],
    of: (breaks) => ({ facts: [...existing(breaks), ...stopped(breaks)], when: [freezeAccount()] }),
  },
  {
    command: 'unfreezing',
    rules: ['ACCOUNT_NOT_FOUND', 'ACCOUNT_CLOSED', 'ACCOUNT_NOT_FROZEN'],
    of: (breaks) => ({
      facts: [
        ...existing(breaks),
        ...some(!breaks('ACCOUNT_NOT_FROZEN'), accountFrozen()),
        ...some(breaks('ACCOUNT_CLOSED'), accountClosed()),
      ],
      when: [unfreezeAccount()],
    }),
  },
  {
    command: 'closing',
    rules: ['ACCOUNT_NOT_FOUND', 'ACCOUNT_CLOSED', 'ACCOUNT_NOT_EMPTY'],
    of: (breaks) => ({
      facts: [...existing(breaks), ...some(breaks('ACCOUNT_NOT_EMPTY'), moneyDeposited(eur(1n))), ...stopped(breaks)],
      when: [closeAccount()],
    }),
  },
  {
    command: 'changing the overdraft limit',
    rules: ['ACCOUNT_NOT_FOUND', 'ACCOUNT_CLOSED', 'OVERDRAFT_IN_USE', 'BALANCE_LIMIT_EXCEEDED'],
    // An account is overdrawn or rich.
    exclusive: ['OVERDRAFT_IN_USE', 'BALANCE_LIMIT_EXCEEDED'],
    of: (breaks) => ({
      facts: [
        ...some(!breaks('ACCOUNT_NOT_FOUND'), accountOpened({ overdraftLimit: 2n })),
        ...some(breaks('OVERDRAFT_IN_USE'), moneyWithdrawn(eur(2n))),
        ...some(breaks('BALANCE_LIMIT_EXCEEDED'), moneyDeposited(eur(LARGEST_AMOUNT))),
        ...stopped(breaks),
      ],
      when: [changeOverdraftLimit(eur(1n))],
    }),
  },
  {
    command: 'reversing a transfer',
    rules: [
      'ACCOUNT_NOT_FOUND',
      'ACCOUNT_CLOSED',
      'ACCOUNT_FROZEN',
      'REVERSAL_EXCEEDS_ORIGINAL',
      'INSUFFICIENT_FUNDS',
      'BALANCE_LIMIT_EXCEEDED',
    ],
    of: (breaks) => ({
      facts: [
        ...transferred(1, eur(10n)),
        accountOpened(),
        ...existing(breaks, BOB),
        on(BOB, moneyDeposited(eur(breaks('INSUFFICIENT_FUNDS') ? 9n : 11n))),
        ...some(breaks('BALANCE_LIMIT_EXCEEDED'), moneyDeposited(eur(LARGEST_AMOUNT))),
        ...stopped(breaks, BOB),
      ],
      when: [reverseEvent(1, breaks('REVERSAL_EXCEEDS_ORIGINAL') ? 11n : 10n)],
    }),
  },
];

const pairsOf = <T>(values: readonly T[]): readonly (readonly [T, T])[] =>
  values.flatMap((first, index) => values.slice(index + 1).map((second) => [first, second] as const));

const inOrder = (codes: readonly DomainErrorCode[]): readonly DomainErrorCode[] =>
  domainErrorCodes.filter((code) => codes.includes(code));

describe.each(scenarios)('$command', ({ rules, exclusive = [], of }) => {
  const attempt = (...broken: readonly DomainErrorCode[]) => {
    const { facts, when } = of((code) => broken.includes(code));
    return given(...facts).when(...when);
  };

  it('is accepted where no rule is broken', () => {
    attempt().thenAccepts();
  });

  it.each(rules)('alone: %s', (code) => {
    attempt(code).thenRejects(code);
  });

  const pairs = pairsOf(inOrder(rules)).filter((pair) => !pair.every((code) => exclusive.includes(code)));
  it.each(pairs)('%s comes before %s', (earlier, later) => {
    attempt(earlier, later).thenRejects(earlier);
  });

  it('answers the first of all rules broken at once', () => {
    attempt(...rules).thenRejects(inOrder(rules)[0] ?? 'SAME_ACCOUNT');
  });
});

describe('the list of rejections', () => {
  it('names each code once', () => {
    expect(new Set(domainErrorCodes).size).toBe(domainErrorCodes.length);
  });

  it('is what logs and stack traces have of a rejection, and what kind of error it is', () => {
    expect(String(new DomainError('INSUFFICIENT_FUNDS'))).toBe('DomainError: INSUFFICIENT_FUNDS');
  });
});
