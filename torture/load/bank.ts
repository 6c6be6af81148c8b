import { below, type Random } from '../../src/load/random.ts';

/** Money enters and leaves the open accounts; among the closed ones it only moves, so that their sum never changes. */
export type Group = 'open' | 'closed';

export type BankAccount = {
  readonly accountId: string;
  readonly group: Group;
  readonly initialDeposit: number;
  readonly overdraftLimit: number;
};

export const CURRENCY = 'EUR';

const ACCOUNTS_OF_GROUP = 10;
const INITIAL_DEPOSIT = 2_000;
const OVERDRAFT_LIMIT = 300;

// The first of each group: everybody wants it.
const HOT_RATE = 0.3;

const groupOf = (group: Group): readonly BankAccount[] =>
  Array.from({ length: ACCOUNTS_OF_GROUP }, (_, index) => ({
    accountId: `${group}-${index}`,
    group,
    initialDeposit: INITIAL_DEPOSIT,
    overdraftLimit: index % 3 === 1 ? OVERDRAFT_LIMIT : 0,
  }));

/** The accounts of a run. */
export class Bank {
  readonly #groups = { open: groupOf('open'), closed: groupOf('closed') };

  get accounts(): readonly BankAccount[] {
    return [...this.#groups.open, ...this.#groups.closed];
  }

  /** What the accounts of a group hold together when they have been opened. */
  initialTotal(group: Group): number {
    return this.#groups[group].reduce((sum, { initialDeposit }) => sum + initialDeposit, 0);
  }

  any(random: Random, group: Group): string {
    const index = random() < HOT_RATE ? 0 : below(random, ACCOUNTS_OF_GROUP);
    return `${group}-${index}`;
  }

  other(random: Random, group: Group, than: string): string {
    const index = Number(than.slice(group.length + 1));
    return `${group}-${(index + 1 + below(random, ACCOUNTS_OF_GROUP - 1)) % ACCOUNTS_OF_GROUP}`;
  }
}

export const groupIn = (accountId: string): Group => (accountId.startsWith('closed') ? 'closed' : 'open');
