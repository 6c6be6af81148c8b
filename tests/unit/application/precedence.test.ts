import { describe, expect, it } from 'vitest';
import { type DomainErrorCode, domainErrorCodes } from '../../../src/domain/domain-error.ts';
import { BOB, eur, usd } from '../../support/facts.ts';
import { type Asked, openTestLedger, type TestLedger } from '../../support/test-ledger.ts';
import { closeAccount, depositMoney, freezeAccount, openAccount, transferMoney } from '../../support/wishes.ts';

type Breaks = (code: DomainErrorCode) => boolean;

/** Alice at version 3 or 4, Bob, Carol, and a transfer of Carol's that used up the ids `used`. */
const prepare = async ({ submit }: TestLedger, breaks: Breaks): Promise<void> => {
  await submit(openAccount({ initialDeposit: { amount: 10n } }));
  if (!breaks('ACCOUNT_NOT_FOUND')) await submit(openAccount({ accountId: BOB }));
  await submit(openAccount({ accountId: 'carol', initialDeposit: { amount: 10n } }));
  const another = transferMoney(eur(1n), { from: 'carol', to: 'alice', transferId: 'used' });
  await submit(another, { key: 'used', transactionId: 'used' });
  if (breaks('ACCOUNT_FROZEN')) await submit(freezeAccount());
  if (breaks('ACCOUNT_CLOSED')) await submit(closeAccount({ accountId: BOB }));
};

const askedWith = (breaks: Breaks): Asked => ({
  ...(breaks('IDEMPOTENCY_KEY_REUSED') && { key: 'used' }),
  ...(breaks('TRANSACTION_ALREADY_RECORDED') && { transactionId: 'used' }),
  expected: { accountId: 'alice', versions: breaks('VERSION_MISMATCH') ? [1] : [1, 2, 3, 4] },
});

/** What becomes of a transfer of 1 from Alice to Bob that breaks these rules. */
const attempt = async (breaks: Breaks): Promise<unknown> => {
  const test = openTestLedger();
  await prepare(test, breaks);
  const money = breaks('CURRENCY_MISMATCH') ? usd(1n) : eur(1n);
  const to = breaks('SAME_ACCOUNT') ? 'alice' : BOB;
  const transferId = breaks('TRANSFER_ALREADY_EXISTS') ? 'used' : 'new';
  return test.submit(transferMoney(money, { to, transferId }), askedWith(breaks)).then(
    () => 'accepted',
    (error: unknown) => (error as { code?: string }).code,
  );
};

const rules = [
  'IDEMPOTENCY_KEY_REUSED',
  'TRANSACTION_ALREADY_RECORDED',
  'TRANSFER_ALREADY_EXISTS',
  'SAME_ACCOUNT',
  'ACCOUNT_NOT_FOUND',
  'VERSION_MISMATCH',
  'ACCOUNT_CLOSED',
  'ACCOUNT_FROZEN',
  'CURRENCY_MISMATCH',
] as const satisfies readonly DomainErrorCode[];

const documented = domainErrorCodes.filter((code) => (rules as readonly DomainErrorCode[]).includes(code));

const pairs = documented.flatMap((first, index) =>
  documented.slice(index + 1).map((second) => [first, second] as const),
);

// A transfer to the same account never reaches Bob's, and a closed account exists.
const isPossible = (pair: readonly DomainErrorCode[]): boolean =>
  pair.filter((code) => ['SAME_ACCOUNT', 'ACCOUNT_NOT_FOUND', 'ACCOUNT_CLOSED'].includes(code)).length < 2;

describe('a transfer that breaks a rule of the ledger', () => {
  it('is accepted where it breaks none', async () => {
    await expect(attempt(() => false)).resolves.toBe('accepted');
  });

  it.each(rules)('alone: %s', async (code) => {
    await expect(attempt((it) => it === code)).resolves.toBe(code);
  });

  it.each(pairs.filter(isPossible))('%s comes before %s', async (earlier, later) => {
    await expect(attempt((it) => it === earlier || it === later)).resolves.toBe(earlier);
  });
});

describe('opening an account', () => {
  it('with a key that was used for something else is about the key, not about the account', async () => {
    const { submit } = openTestLedger();
    await submit(openAccount(), { key: 'k' });
    const again = submit(openAccount({ overdraftLimit: 1n }), { key: 'k' });
    await expect(again).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });
});

describe('a version that is expected', () => {
  const cases: readonly [string, readonly number[], string][] = [
    ['is the current one', [2], 'accepted'],
    ['is one of several', [1, 2], 'accepted'],
    ['is an older one', [1], 'VERSION_MISMATCH'],
    ['is a later one', [3], 'VERSION_MISMATCH'],
    ['is none at all', [], 'VERSION_MISMATCH'],
  ];

  it.each(cases)('%s', async (_, versions, outcome) => {
    const { submit } = openTestLedger();
    await submit(openAccount({ initialDeposit: { amount: 1n } }));
    const deposit = submit(depositMoney(eur(1n)), { expected: { accountId: 'alice', versions } });
    const code = await deposit.then(
      () => 'accepted',
      (error: unknown) => (error as { code?: string }).code,
    );
    expect(code).toBe(outcome);
  });

  it('counts what is decided before it in the same batch', async () => {
    const { submit } = openTestLedger();
    await submit(openAccount());
    const expected = { accountId: 'alice', versions: [1] };
    const [first, second] = await Promise.allSettled([
      submit(depositMoney(eur(1n)), { expected }),
      submit(depositMoney(eur(1n)), { expected }),
    ]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ reason: { code: 'VERSION_MISMATCH', details: { version: '2' } } });
  });

  it('says nothing about an account that does not exist', async () => {
    const { submit } = openTestLedger();
    const deposit = submit(depositMoney(eur(1n)), { expected: { accountId: 'alice', versions: [1] } });
    await expect(deposit).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });
});
