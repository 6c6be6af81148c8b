import { LRUCache } from 'lru-cache';
import type { AccountId } from '../../domain/account/account-id.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { accountsTable } from '../../projections/accounts/accounts.ts';
import type { ReadModels } from '../ports/storage.ts';

const MOST_ACCOUNTS = 50_000;

// A row that was tampered with may name another owner until a rebuild mends it, perhaps in another process.
const REMEMBERED_FOR = 10_000;

/** No account can have it. */
export const NO_ACCOUNT = '' as AccountId;

/** Whose an account is. That never changes but where a wrong row is mended, so what was found once is remembered for a while. */
export class AccountOwners {
  readonly #known = new LRUCache<string, true>({ max: MOST_ACCOUNTS, ttl: REMEMBERED_FOR });

  constructor(private readonly models: ReadModels) {}

  /**
   * Whether the account is there and belongs to that owner. One that does not and one that is missing are found out in the same way,
   * and neither is remembered: nobody can tell them apart by how long it takes.
   */
  async isOf(ownerId: string, accountId: AccountId): Promise<boolean> {
    const name = `${ownerId} ${accountId}`;
    if (this.#known.has(name)) return true;
    const where = { _id: accountId, ownerId };
    const [row] = await this.models.table(accountsTable).range({ where, order: ['_id'], limit: 1 });
    if (row) this.#known.set(name, true);
    return row !== undefined;
  }
}

/** The accounts of one owner, as a request of that owner sees them. */
export class OwnAccounts {
  constructor(
    readonly ownerId: string,
    private readonly owners: AccountOwners,
    /** Hears of each account, and whatever else, that was asked for and is not the owner's: its id. */
    readonly onStranger: (about: string) => void,
  ) {}

  has(accountId: AccountId): Promise<boolean> {
    return this.owners.isOf(this.ownerId, accountId);
  }

  /** As `has`, for what was asked for. */
  async mayBeSeen(accountId: AccountId): Promise<boolean> {
    const isOwn = await this.has(accountId);
    if (!isOwn) this.onStranger(accountId);
    return isOwn;
  }

  /** Rejects with ACCOUNT_NOT_FOUND, whether there is no such account or it is another's. */
  async mustBeOwn(accountId: AccountId): Promise<void> {
    if (!(await this.mayBeSeen(accountId))) throw new DomainError('ACCOUNT_NOT_FOUND', { accountId });
  }
}
