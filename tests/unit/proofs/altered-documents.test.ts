import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MalformedProof } from '../../../src/journal/proof-document.ts';
import { CannotTell } from '../../../src/proofs/verdict.ts';
import { verifyDocument } from '../../../src/proofs/verify-document.ts';
import { withBitsFlipped } from '../../support/bits.ts';
import { ledger } from '../../support/note-keys.ts';
import { openProvenBooks, provenAnswer, type ProvenBooks } from '../../support/proven-books.ts';

/** Whether the document proves anything. Whatever else goes wrong than that it is refused fails the test. */
const isBelieved = async (bytes: Uint8Array, kept?: string): Promise<boolean> => {
  try {
    return (await verifyDocument(bytes, ledger, kept)).isValid;
  } catch (error) {
    if (error instanceof MalformedProof || error instanceof CannotTell) return false;
    throw error;
  }
};

/** Every bit by its place in the document for which the document is believed although the bit is another. */
const believedFlips = async (bytes: Buffer, kept?: string): Promise<readonly number[]> => {
  const believed: number[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    if (await isBelieved(withBitsFlipped(bytes, [bit]), kept)) believed.push(bit);
  }
  return believed;
};

// xorshift32: the same places in every run.
const randomFrom = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

describe('a document with any one bit altered is refused', () => {
  let books: ProvenBooks;
  beforeAll(async () => {
    books = await openProvenBooks();
  });
  afterAll(() => books.api.close());

  const get = async (path: string): Promise<Buffer> => {
    const { status, text } = await books.api.client.get(path);
    expect(status, text).toBe(200);
    return Buffer.from(text);
  };

  const mustBelieveNone = async (bytes: Buffer, kept?: string): Promise<void> => {
    expect(await isBelieved(bytes, kept)).toBe(true);
    expect(await believedFlips(bytes, kept)).toEqual([]);
  };

  it('of an event', async () => {
    const { body } = await books.api.client.get('/v1/accounts/alice/events?limit=1');
    const [event] = body.events as readonly { readonly eventId: string }[];
    await mustBelieveNone(await get(`/v1/journal/proof?eventId=${event?.eventId ?? ''}`));
  }, 120_000);

  it('of a balance, on both axes of time', async () => {
    const question = 'balance?asOf=2040-01-11T00:00:00Z&knownAt=2040-01-10T12:00:00Z';
    await mustBelieveNone(Buffer.from(await provenAnswer(books, question)));
  }, 120_000);

  it('of a later page of a statement', async () => {
    const question = 'statement?version=3&limit=1';
    const { statement } = JSON.parse(await provenAnswer(books, question)) as { statement: { nextCursor: string } };
    await mustBelieveNone(Buffer.from(await provenAnswer(books, `${question}&cursor=${statement.nextCursor}`)));
  }, 120_000);

  it('of the growth of the journal, with the earlier checkpoint in it or kept', async () => {
    const grown = await get('/v1/journal/consistency?from=2');
    await mustBelieveNone(grown);
    const { earlier } = JSON.parse(grown.toString()) as { earlier: string };
    await mustBelieveNone(grown, earlier);
  }, 120_000);

  it('of any other answer, with many bits at random', async () => {
    const random = randomFrom(2_463_534_242);
    for (const question of [
      'balance',
      'balance?asOf=2040-01-15T00:00:00Z',
      'statement',
      'statement?order=desc&limit=2',
    ]) {
      const bytes = Buffer.from(await provenAnswer(books, question));
      expect(await isBelieved(bytes)).toBe(true);
      for (let run = 0; run < 1_000; run += 1) {
        const bits = Array.from({ length: 1 + random(4) }, () => random(bytes.length * 8));
        const altered = withBitsFlipped(bytes, [...new Set(bits)]);
        expect(await isBelieved(altered), `${question}, bits ${bits.join()}`).toBe(false);
      }
    }
  }, 120_000);
});
