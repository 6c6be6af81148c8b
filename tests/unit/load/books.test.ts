import { describe, expect, it } from 'vitest';
import { Books } from '../../../src/load/books.ts';
import { postingsOf } from '../../../src/load/wish.ts';

const deposit = postingsOf({ kind: 'deposit', account: 0, amount: 30 });
const withdrawal = postingsOf({ kind: 'withdrawal', account: 1, amount: 20 });
const transfer = postingsOf({ kind: 'transfer', from: 0, to: 1, amount: 5 });

describe('the books of the client', () => {
  it('begin with the initial deposits', () => {
    const books = new Books(2, 100);
    expect(books.boundsOf(1)).toEqual({ least: 100, most: 100 });
    expect(books.total).toEqual({ least: 200n, most: 200n });
  });

  it('know to the unit what was acknowledged', () => {
    const books = new Books(2, 100);
    for (const postings of [deposit, withdrawal, transfer]) books.acknowledged(postings);
    expect(books.boundsOf(0)).toEqual({ least: 125, most: 125 });
    expect(books.boundsOf(1)).toEqual({ least: 85, most: 85 });
    expect(books.total).toEqual({ least: 210n, most: 210n });
  });

  it('allow for what nobody knows, and for no more', () => {
    const books = new Books(2, 100);
    for (const postings of [deposit, withdrawal]) books.unknown(postings);
    expect(books.boundsOf(0)).toEqual({ least: 100, most: 130 });
    expect(books.boundsOf(1)).toEqual({ least: 80, most: 100 });
    expect(books.total).toEqual({ least: 180n, most: 230n });
  });

  it('allow for a transfer that is carried out between the reading of its two accounts', () => {
    const books = new Books(2, 100);
    books.unknown(transfer);
    expect(books.boundsOf(0)).toEqual({ least: 95, most: 100 });
    expect(books.boundsOf(1)).toEqual({ least: 100, most: 105 });
    expect(books.total).toEqual({ least: 195n, most: 205n });
  });

  it('stay exact where all balances together pass what a number can hold', () => {
    const books = new Books(10_000, 1_000_000_000_000);
    books.acknowledged(postingsOf({ kind: 'deposit', account: 3, amount: 1 }));
    expect(books.total.least).toBe(10_000_000_000_000_001n);
  });
});
