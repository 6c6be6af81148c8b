import type { Mix } from './load-plan.ts';
import { below, type Random, randomAt } from './random.ts';

/** One request in words of the ledger; accounts by their index, amounts in minor units. */
export type Wish =
  | { readonly kind: 'deposit' | 'withdrawal'; readonly account: number; readonly amount: number }
  | { readonly kind: 'transfer'; readonly from: number; readonly to: number; readonly amount: number }
  | { readonly kind: 'balance'; readonly account: number };

export type Kind = Wish['kind'];

export const kinds: readonly Kind[] = ['deposit', 'withdrawal', 'transfer', 'balance'];

const MOST = 1_000;

/** What one command adds to one account when it is carried out, and the event that says so. */
export type Posting = { readonly account: number; readonly amount: number; readonly type: string };

/** In the order in which an answer names its events: of a transfer the sender first. */
export const postingsOf = (wish: Wish): readonly Posting[] => {
  switch (wish.kind) {
    case 'deposit':
      return [{ account: wish.account, amount: wish.amount, type: 'MoneyDeposited' }];
    case 'withdrawal':
      return [{ account: wish.account, amount: -wish.amount, type: 'MoneyWithdrawn' }];
    case 'transfer':
      return [
        { account: wish.from, amount: -wish.amount, type: 'TransferSent' },
        { account: wish.to, amount: wish.amount, type: 'TransferReceived' },
      ];
    case 'balance':
      return [];
  }
};

/** How many of the accounts are hot: the first ones. A ratio above 0 makes at least one. */
export const hotAccountsOf = ({ accounts, hotAccountRatio }: Mix): number =>
  hotAccountRatio === 0 ? 0 : Math.max(1, Math.round(accounts * hotAccountRatio));

/** Chooses a hot account at the rate that was asked for, else a cold one; where there are none of a sort, any. */
const selectorOf = (mix: Mix): ((random: Random) => number) => {
  const { accounts, hotSelectionRate } = mix;
  const hot = hotAccountsOf(mix);
  if (hot === 0 || hot === accounts) return (random) => below(random, accounts);
  return (random) => (random() < hotSelectionRate ? below(random, hot) : hot + below(random, accounts - hot));
};

// The receiver is selected like the sender. Where that gives the sender again so many times, its neighbour does.
const SELECTIONS = 8;

/** The n-th wish of this mix, from 0: always the same one. */
export const wishesOf = (mix: Mix): ((place: number) => Wish) => {
  const { accounts, readRatio, transferRatio, seed } = mix;
  const select = selectorOf(mix);

  const receiver = (random: Random, from: number): number => {
    for (let selection = 0; selection < SELECTIONS; selection += 1) {
      const to = select(random);
      if (to !== from) return to;
    }
    return (from + 1) % accounts;
  };

  return (place) => {
    const random = randomAt(seed, place);
    if (random() < readRatio) return { kind: 'balance', account: select(random) };
    const amount = 1 + below(random, MOST);
    if (random() < transferRatio) {
      const from = select(random);
      return { kind: 'transfer', from, to: receiver(random, from), amount };
    }
    return { kind: random() < 0.5 ? 'deposit' : 'withdrawal', account: select(random), amount };
  };
};
