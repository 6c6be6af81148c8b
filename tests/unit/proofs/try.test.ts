import { it, expect } from 'vitest';
import { openProvenBooks, provenAnswer } from '../../support/proven-books.ts';
import { ledger } from '../../support/note-keys.ts';
import { verifyDocument } from '../../../src/proofs/verify-document.ts';
it('works', async () => {
  const books = await openProvenBooks();
  for (const q of [
    'balance',
    'balance?version=3',
    'balance?knownAt=2040-02-01T00:00:00Z',
    'balance?asOf=2040-01-15T00:00:00Z',
    'balance?asOf=2040-01-15T00:00:00Z&knownAt=2040-02-01T00:00:00Z',
    'statement',
    'statement?version=4',
    'statement?from=2040-01-11T00:00:00Z&to=2040-02-01T00:00:00Z&knownAt=2040-02-04T00:00:00Z&order=desc&limit=2',
  ]) {
    const text = await provenAnswer(books, q);
    const v = await verifyDocument(Buffer.from(text), ledger);
    console.log(q, text.length, v.isValid ? [...v.proved, ...v.notProved].join('\n') : v.reason);
    if (q === 'balance?version=3') console.log(text);
    expect(v.isValid).toBe(true);
  }
  await books.api.close();
});
