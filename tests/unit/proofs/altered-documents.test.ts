import { beforeAll, describe, expect, it } from 'vitest';
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

const dates = 'from=2040-01-11T00:00:00Z&to=2040-02-01T00:00:00Z';

const otherQuestions = [
  'balance',
  'balance?version=5',
  'balance?asOf=2040-01-15T00:00:00Z',
  'statement',
  `statement?${dates}&knownAt=2040-02-04T00:00:00Z&order=desc&limit=2`,
];

const laterPage = async (books: ProvenBooks): Promise<string> => {
  const question = 'statement?version=3&limit=1';
  const { statement } = JSON.parse(await provenAnswer(books, question)) as { statement: { nextCursor: string } };
  return provenAnswer(books, `${question}&cursor=${statement.nextCursor}`);
};

const eventProof = async ({ api: { client } }: ProvenBooks): Promise<string> => {
  const { body } = await client.get('/v1/accounts/alice/events?limit=1');
  const [event] = body.events as readonly { readonly eventId: string }[];
  return (await client.get(`/v1/journal/proof?eventId=${event?.eventId ?? ''}`)).text;
};

/** All documents, asked for before anything is computed: meanwhile the API would close connections that seem idle. */
const documentsOf = async (books: ProvenBooks) => ({
  event: await eventProof(books),
  balance: await provenAnswer(books, 'balance?asOf=2040-01-11T00:00:00Z&knownAt=2040-01-10T12:00:00Z'),
  statement: await laterPage(books),
  growth: (await books.api.client.get('/v1/journal/consistency?from=2')).text,
  others: await Promise.all(otherQuestions.map((question) => provenAnswer(books, question))),
});

describe('a document with any one bit altered is refused', () => {
  let documents: Awaited<ReturnType<typeof documentsOf>>;

  beforeAll(async () => {
    const books = await openProvenBooks();
    documents = await documentsOf(books);
    await books.api.close();
  });

  const mustBelieveNone = async (text: string, kept?: string): Promise<void> => {
    expect(await isBelieved(Buffer.from(text), kept)).toBe(true);
    expect(await believedFlips(Buffer.from(text), kept)).toEqual([]);
  };

  it('of an event', () => mustBelieveNone(documents.event), 120_000);

  it('of a balance, on both axes of time', () => mustBelieveNone(documents.balance), 120_000);

  it('of a later page of a statement', () => mustBelieveNone(documents.statement), 120_000);

  it('of the growth of the journal, with the earlier checkpoint in it or kept', async () => {
    const { earlier } = JSON.parse(documents.growth) as { earlier: string };
    await mustBelieveNone(documents.growth);
    await mustBelieveNone(documents.growth, earlier);
  }, 120_000);

  it('of any other answer, with many bits at random', async () => {
    const random = randomFrom(2_463_534_242);
    for (const [at, text] of documents.others.entries()) {
      const bytes = Buffer.from(text);
      expect(await isBelieved(bytes)).toBe(true);
      for (let run = 0; run < 1_000; run += 1) {
        const bits = Array.from({ length: 1 + random(4) }, () => random(bytes.length * 8));
        const altered = withBitsFlipped(bytes, [...new Set(bits)]);
        expect(await isBelieved(altered), `${otherQuestions[at] ?? ''}, bits ${bits.join()}`).toBe(false);
      }
    }
  }, 120_000);
});
