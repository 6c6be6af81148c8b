import type { LoadRequest } from './connection.ts';
import type { LoadPlan } from './load-plan.ts';
import type { Names } from './names.ts';
import type { Wish } from './wish.ts';

/** The opening of one account, with its first money where there is any. */
export const openingOf = (
  { currency, initialDeposit, runId }: Pick<LoadPlan, 'currency' | 'initialDeposit' | 'runId'>,
  names: Names,
  account: number,
): LoadRequest => ({
  method: 'POST',
  path: '/v1/accounts',
  key: names.openingKey(account),
  body: JSON.stringify({
    accountId: names.accountId(account),
    ownerId: `load-${runId}`,
    currency,
    ...(initialDeposit > 0 && { initialDeposit: { amount: initialDeposit } }),
  }),
});

/** The n-th wish as a request. */
export const requestOf = (wish: Wish, place: number, names: Names, currency: string): LoadRequest => {
  if (wish.kind === 'balance') return { method: 'GET', path: `/v1/accounts/${names.accountId(wish.account)}/balance` };
  const key = names.commandKey(place);
  const money = { amount: wish.amount, currency };
  if (wish.kind === 'transfer') {
    const parties = { fromAccountId: names.accountId(wish.from), toAccountId: names.accountId(wish.to) };
    return { method: 'POST', path: '/v1/transfers', key, body: JSON.stringify({ ...parties, ...money }) };
  }
  const path = `/v1/accounts/${names.accountId(wish.account)}/${wish.kind}s`;
  return { method: 'POST', path, key, body: JSON.stringify(money) };
};
