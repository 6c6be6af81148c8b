/** What one request adds to one account when it is carried out; amounts in minor units. */
export type Posting = { readonly account: number; readonly amount: number };

/**
 * What each account must have gained, by the answers that the client got: exactly so much where every request was answered, and
 * at least and at most so much where one was not. Plain arrays by account, so that they pass between processes.
 */
export type Books = {
  readonly leastAmount: Float64Array;
  readonly mostAmount: Float64Array;
  readonly leastEvents: Float64Array;
  readonly mostEvents: Float64Array;
};

export const emptyBooks = (accounts: number): Books => ({
  leastAmount: new Float64Array(accounts),
  mostAmount: new Float64Array(accounts),
  leastEvents: new Float64Array(accounts),
  mostEvents: new Float64Array(accounts),
});

const increase = (numbers: Float64Array, index: number, by: number): void => {
  numbers[index] = (numbers[index] ?? 0) + by;
};

/** The ledger said that it was done. */
export const bookAcknowledged = (books: Books, postings: readonly Posting[]): void => {
  for (const { account, amount } of postings) {
    increase(books.leastAmount, account, amount);
    increase(books.mostAmount, account, amount);
    increase(books.leastEvents, account, 1);
    increase(books.mostEvents, account, 1);
  }
};

/** Nobody said whether it was done. */
export const bookUncertain = (books: Books, postings: readonly Posting[]): void => {
  for (const { account, amount } of postings) {
    increase(books.leastAmount, account, Math.min(0, amount));
    increase(books.mostAmount, account, Math.max(0, amount));
    increase(books.mostEvents, account, 1);
  }
};

/** Adds what was booked in one round to what was booked so far. */
export const addBooks = (total: Books, round: Books): void => {
  const columns = ['leastAmount', 'mostAmount', 'leastEvents', 'mostEvents'] as const;
  for (const column of columns) round[column].forEach((value, index) => increase(total[column], index, value));
};
