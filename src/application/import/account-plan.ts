import type { AccountId } from '../../domain/account/account-id.ts';
import { add, type MinorUnits, negate, NO_MONEY } from '../../domain/money/money.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { BankRow } from './bank-row.ts';

/** What an account must be like to take all of its rows: open on its first day, with an overdraft as deep as it ever went. */
export type AccountPlan = { readonly openedAt: Instant; readonly overdraftLimit: MinorUnits };

type Course = { openedAt: Instant; balance: MinorUnits; lowest: MinorUnits };

/** Reads a file's rows once, in their order, and says what each account needs. */
export class AccountPlanner {
  readonly #courses = new Map<AccountId, Course>();

  add(row: BankRow): void {
    const course = this.#courses.get(row.accountId) ?? {
      openedAt: row.bookingDate,
      balance: NO_MONEY,
      lowest: NO_MONEY,
    };
    course.balance = add(course.balance, row.direction === 'credit' ? row.amountMinor : negate(row.amountMinor));
    if (course.balance < course.lowest) course.lowest = course.balance;
    if (row.bookingDate < course.openedAt) course.openedAt = row.bookingDate;
    this.#courses.set(row.accountId, course);
  }

  plans(): ReadonlyMap<AccountId, AccountPlan> {
    const entries = [...this.#courses].map(([accountId, { openedAt, lowest }]) => {
      return [accountId, { openedAt, overdraftLimit: negate(lowest) }] as const;
    });
    return new Map(entries);
  }
}
