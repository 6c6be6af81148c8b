import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CannotTell, type Verdict } from '../../../src/proofs/verdict.ts';
import { verifyDocument } from '../../../src/proofs/verify-document.ts';
import { ledger, stranger } from '../../support/note-keys.ts';
import { openProvenBooks, provenAnswer, type ProvenBooks } from '../../support/proven-books.ts';

type Balance = {
  asked: { accountId: string; asOf?: string; knownAt?: string; version?: number };
  balance: Record<string, unknown>;
  proof: { events: string[]; next?: string; positions: number[]; hashes: string[]; checkpoint: string };
};

type Statement = Omit<Balance, 'balance' | 'asked'> & {
  asked: Record<string, unknown>;
  statement: Record<string, unknown> & { entries: Record<string, unknown>[] };
};

describe('a ledger that lies', () => {
  let books: ProvenBooks;
  beforeAll(async () => {
    books = await openProvenBooks();
  });
  afterAll(() => books.api.close());

  const verdictOn = (document: unknown): Promise<Verdict> =>
    verifyDocument(Buffer.from(JSON.stringify(document)), ledger);

  const reasonOf = async (document: unknown): Promise<string> => {
    const verdict = await verdictOn(document);
    return verdict.isValid ? 'none' : verdict.reason;
  };

  const balance = async (question: string, change: (document: Balance) => void): Promise<string> => {
    const document = JSON.parse(await provenAnswer(books, `balance?${question}`)) as Balance;
    expect(await verdictOn(document)).toMatchObject({ isValid: true });
    change(document);
    return reasonOf(document);
  };

  const statement = async (question: string, change: (document: Statement) => void): Promise<string> => {
    const document = JSON.parse(await provenAnswer(books, `statement?${question}`)) as Statement;
    expect(await verdictOn(document)).toMatchObject({ isValid: true });
    change(document);
    return reasonOf(document);
  };

  it.each(['ledgerBalance', 'heldAmount', 'availableBalance', 'version'])('is caught at another %s', async (member) => {
    const reason = await balance('version=5', ({ balance: told }) => {
      told[member] = Number(told[member]) + 1;
    });
    expect(reason).toMatch(new RegExp(`^balance/${member} is \\d+, and the events give \\d+$`));
  });

  it.each(['openingBalance', 'closingBalance', 'version'])('is caught at another %s of a statement', async (member) => {
    const reason = await statement('version=5', ({ statement: told }) => {
      told[member] = Number(told[member]) + 1;
    });
    expect(reason).toMatch(new RegExp(`^statement/${member} is \\d+, and the events give \\d+$`));
  });

  it.each(['eventId', 'version', 'type', 'amount', 'balanceAfter', 'reference', 'recordedAt', 'effectiveAt'])(
    'is caught at another %s of an entry',
    async (member) => {
      const reason = await statement('version=5', ({ statement: { entries } }) => {
        const [entry, other] = [entries[0], entries.at(-1)];
        if (entry && other) entry[member] = other[member] ?? 'something';
      });
      expect(reason).toMatch(new RegExp(`^statement/entries/0/${member} is `));
    },
  );

  it('is caught where it leaves an entry out, or says that the statement ends', async () => {
    expect(await statement('version=5', ({ statement: { entries } }) => entries.splice(1, 1))).toContain('entries/1');
    expect(await statement('version=5&limit=2', ({ statement: told }) => delete told.nextCursor)).toContain(
      'entries/2 is missing',
    );
  });

  it('is caught where it leaves the newest events out, and what came next tells', async () => {
    // Version 4 was recorded on 20 January, and here the ledger does as if that were after the 25th.
    const reason = await balance('version=3', (document) => {
      document.asked = { accountId: 'alice', asOf: '2040-01-25T00:00:00.000Z', knownAt: '2040-01-25T00:00:00.000Z' };
      document.balance = { ...document.balance, asOf: document.asked.asOf, knownAt: document.asked.knownAt };
    });
    expect(reason).toBe('3 events are shown as those that count, and 4 do');
  });

  it('is not caught where it leaves out what came next as well, and the verdict says so', async () => {
    const document = JSON.parse(await provenAnswer(books, 'balance?knownAt=2040-01-12T10:00:00Z')) as Balance;
    const verdict = await verdictOn(document);
    expect(verdict).toMatchObject({ isValid: true, notProved: [expect.stringContaining('second event')] });
    const today = await verdictOn(JSON.parse(await provenAnswer(books, 'balance')));
    expect(today).toMatchObject({
      isValid: true,
      notProved: [expect.stringContaining('no event behind version 9'), expect.stringContaining('second event')],
    });
  });

  it('is caught where it leaves an event out, adds one, or exchanges two', async () => {
    const root = 'do not lead to the root';
    expect(await balance('version=5', ({ proof }) => proof.events.splice(2, 1))).toContain('5 events and 6 positions');
    const without = ({ proof }: Balance): void => {
      proof.events.splice(2, 1);
      proof.positions.splice(2, 1);
    };
    expect(await balance('version=5', without)).toContain(root);
    const twice = ({ proof }: Balance): void => {
      proof.events.splice(2, 0, proof.events[1] ?? '');
      proof.positions.splice(2, 0, proof.positions[1] ?? 0);
    };
    expect(await balance('version=5', twice)).toContain(root);
    expect(await balance('version=5', ({ proof }) => proof.events.reverse())).toContain(root);
    expect(await balance('version=5', ({ proof }) => proof.positions.reverse())).toContain(root);
    expect(await balance('version=5', ({ proof }) => proof.hashes.push(proof.hashes[0] ?? ''))).toContain(root);
    expect(await balance('version=5', ({ proof }) => proof.hashes.pop())).toContain(root);
    expect(await balance('version=5', ({ proof }) => delete proof.next)).toContain('5 events and 6 positions');
    expect(await balance('version=5', ({ proof }) => (proof.positions[5] = 99))).toContain('position 99 lies behind');
  });

  it('is caught where it shows the events of another account', async () => {
    const reason = await balance('version=1', (document) => {
      document.asked.accountId = 'bob';
      document.balance.accountId = 'bob';
    });
    expect(reason).toBe('these are events of account-alice, not of account-bob');
  });

  it('is caught where it answers another question', async () => {
    expect(await balance('version=5', ({ asked }) => (asked.version = 4))).toContain(
      '5 events are shown as those that count',
    );
    expect(
      await balance('asOf=2040-01-11T00:00:00Z', ({ asked }) => (asked.asOf = '2040-01-09T00:00:00.000Z')),
    ).toContain('balance/');
    expect(await balance('asOf=2040-01-11T00:00:00Z', ({ asked }) => delete asked.knownAt)).toContain(
      'asked does not say about which moment',
    );
    expect(await balance('version=5', ({ asked }) => (asked.asOf = '2040-01-11T00:00:00.000Z'))).not.toBe('none');
    expect(await statement('version=5', ({ asked }) => (asked.order = 'desc'))).toContain('statement/entries');
    expect(await statement('version=5', ({ asked }) => delete asked.until)).toContain('where the statement ends');
    expect(await statement('version=5', ({ asked }) => (asked.version = 4))).toContain(
      'knows 4 events, and 5 are shown',
    );
    expect(await statement('version=5', ({ asked }) => (asked.cursor = 'bm8'))).toContain('none of this statement');
  });

  it('is caught where another key has signed', async () => {
    const bytes = Buffer.from(await provenAnswer(books, 'balance'));
    const verdict = await verifyDocument(bytes, stranger);
    expect(verdict).toMatchObject({ isValid: false, reason: expect.stringContaining('is not signed by') as unknown });
  });

  it('is believed to the byte, or not at all', async () => {
    const text = await provenAnswer(books, 'balance');
    const { asked, balance: told, proof } = JSON.parse(text) as Balance;
    for (const other of [
      `${text}\n`,
      ` ${text}`,
      JSON.stringify({ balance: told, asked, proof }),
      text.replace('8200', '82e2'),
    ]) {
      const verdict = await verifyDocument(Buffer.from(other), ledger);
      expect(verdict).toMatchObject({ isValid: false, reason: expect.stringContaining('to the byte') as unknown });
    }
    const twice = text.replace('"ledgerBalance":8200', '"ledgerBalance":9,"ledgerBalance":8200');
    expect(await verifyDocument(Buffer.from(twice), ledger)).toMatchObject({ isValid: false });
  });

  it('cannot hide anything in a member that nobody knows', async () => {
    const document = JSON.parse(await provenAnswer(books, 'balance')) as Balance;
    for (const added of [
      { ...document, note: 'x' },
      { ...document, asked: { ...document.asked, note: 'x' } },
      { ...document, balance: { ...document.balance, note: 'x' } },
      { ...document, proof: { ...document.proof, note: 'x' } },
    ]) {
      await expect(verdictOn(added)).rejects.toThrow('Unrecognized key: "note"');
    }
  });

  it('is caught where it shows two histories to one who has kept a checkpoint', async () => {
    const { text } = await books.api.client.get('/v1/journal/consistency?from=2');
    const { text: kept } = await books.api.client.get('/v1/journal/checkpoint');
    const grown = JSON.parse(text) as Record<string, unknown>;
    const earlier = String(grown.earlier);
    expect(await verifyDocument(Buffer.from(text), ledger, earlier)).toMatchObject({ isValid: true, notProved: [] });
    expect(await verifyDocument(Buffer.from(text), ledger)).toMatchObject({
      isValid: true,
      facts: { from: 2, to: 11 },
    });
    const wrong = await verifyDocument(Buffer.from(text), ledger, kept);
    expect(wrong).toMatchObject({ isValid: false, reason: 'a checkpoint of 11 events stands where one of 2 is due' });
    expect(await reasonOf({ ...grown, proof: [] })).toContain('does not lead from one checkpoint to the other');
    const { earlier: _, ...without } = grown;
    await expect(verdictOn(without)).rejects.toThrow(CannotTell);
    expect(await verifyDocument(Buffer.from(JSON.stringify(without)), ledger, earlier)).toMatchObject({
      isValid: true,
    });
    const { later: _later, ...open } = grown;
    await expect(verdictOn(open)).rejects.toThrow(CannotTell);
  });
});
