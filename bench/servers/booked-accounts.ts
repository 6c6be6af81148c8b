import { type Books, emptyBooks } from '../client/books.ts';
import type { AccountSet } from '../scenarios/scenario.ts';
import { findLosses, openAccounts, type OpenedAccounts } from './accounts.ts';
import { keepsMoney } from './contender.ts';
import type { FillOrder } from './fill.ts';
import type { OpenContender } from './open-contender.ts';

/** Accounts of a contender, and what must have come to them since. */
export type BookedAccounts = { readonly opened: OpenedAccounts; readonly books: Books };

/** What is asked of a contender that keeps no money: any names will do. */
const names = (count: number): OpenedAccounts => ({
  ids: Array.from({ length: count }, (_, index) => `account-${index}`),
  balances: new Array<number>(count).fill(0),
  versions: new Array<number>(count).fill(0),
});

type Fill = (order: FillOrder) => Promise<OpenedAccounts>;

/** All account sets of one scenario. */
export class AccountBook {
  readonly #sets = new Map<string, { readonly contender: OpenContender; readonly accounts: BookedAccounts }>();

  constructor(private readonly fill: Fill) {}

  /** The same set of the same contender is opened, or filled, once. */
  async of(contender: OpenContender, set: AccountSet): Promise<BookedAccounts> {
    const key = JSON.stringify([contender.contender.name, set.count, set.eventsEach]);
    const known = this.#sets.get(key);
    if (known) return known.accounts;
    const accounts = { opened: await this.#open(contender, set), books: emptyBooks(set.count) };
    this.#sets.set(key, { contender, accounts });
    return accounts;
  }

  /** A sentence for each account on which a command was lost or carried out twice. */
  async losses(): Promise<readonly string[]> {
    const losses: string[] = [];
    for (const { contender, accounts } of this.#sets.values()) {
      const [url] = contender.urls();
      if (url === undefined || !keepsMoney(contender.contender)) continue;
      const found = await findLosses(url, accounts.opened, accounts.books);
      losses.push(...found.map((loss) => `${contender.contender.name}: ${loss}`));
    }
    return losses;
  }

  async #open(contender: OpenContender, { count, eventsEach, keysExpired }: AccountSet): Promise<OpenedAccounts> {
    const [url] = contender.urls();
    if (url === undefined || !keepsMoney(contender.contender)) return names(count);
    if (eventsEach === undefined) return openAccounts(url, count);
    return this.fill({ uri: contender.mongoUri, count, eventsEach, withKeys: !keysExpired });
  }
}
