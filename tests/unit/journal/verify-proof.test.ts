import { describe, expect, it } from 'vitest';
import { MalformedProof, type ProofDocument, readProofDocument } from '../../../src/journal/proof-document.ts';
import { signNote } from '../../../src/journal/signed-note.ts';
import { type Verdict, verifyProof } from '../../../src/journal/verify-proof.ts';
import { ledger, peter, stranger } from '../../support/note-keys.ts';
import { provenDeposit } from '../../support/sealed-events.ts';

const check = (document: ProofDocument): Verdict => verifyProof(readProofDocument(document), ledger);

const reasonOf = (document: ProofDocument): string | undefined => {
  const verdict = check(document);
  return verdict.isValid ? undefined : verdict.reason;
};

/** The text with one bit altered, for every bit of it that leaves it a text. */
const altered = (text: string): readonly string[] => {
  const bytes = Buffer.from(text);
  return Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return changed.toString();
  });
};

const proven = await provenDeposit(5, 11, ledger);

describe('the proof of a sealed event', () => {
  it.each([1, 2, 3, 11, 100])('holds at every position of a journal of %i events', async (size) => {
    for (let position = 1; position <= size; position += 1) {
      const verdict = check(await provenDeposit(position, size, ledger));
      expect(verdict).toMatchObject({ isValid: true, checkpoint: { size } });
    }
  });

  it('survives being sent as JSON', () => {
    expect(check(JSON.parse(JSON.stringify(proven)) as ProofDocument).isValid).toBe(true);
  });

  it('does not hold with any bit of the event altered', () => {
    const believed = altered(proven.event).filter((event) => check({ ...proven, event }).isValid);
    expect(believed).toEqual([]);
    expect(reasonOf({ ...proven, event: proven.event.replace('500', '501') })).toContain('do not lead to the root');
  });

  it('does not hold with any bit of the checkpoint altered', () => {
    const believed = altered(proven.checkpoint).filter((checkpoint) => check({ ...proven, checkpoint }).isValid);
    expect(believed).toEqual([]);
  });

  it('does not hold for the same event spelled otherwise', () => {
    const event = JSON.stringify(JSON.parse(proven.event), undefined, 1);
    expect(reasonOf({ ...proven, event })).toContain('do not lead to the root');
  });

  it('does not hold at another position', () => {
    const positions = Array.from({ length: 30 }, (_, index) => index + 1);
    expect(positions.filter((position) => check({ ...proven, position }).isValid)).toEqual([5]);
    expect(reasonOf({ ...proven, position: 12 })).toBe('position 12 lies behind the 11 events of the checkpoint');
  });

  it('does not hold with hashes of another number', () => {
    expect(proven.proof).toHaveLength(4);
    for (const proof of [proven.proof.slice(1), proven.proof.slice(0, -1), [], [...proven.proof, ...proven.proof]]) {
      const reason = `position 5 of 11 takes a proof of 4 hashes, and this one has ${proof.length}`;
      expect(reasonOf({ ...proven, proof })).toBe(reason);
    }
  });

  it('does not hold with the checkpoint of another time', async () => {
    const { checkpoint } = await provenDeposit(5, 12, ledger);
    expect(reasonOf({ ...proven, checkpoint })).toContain('do not lead to the root');
  });

  it('does not hold where another key signed', async () => {
    expect(reasonOf(await provenDeposit(5, 11, peter))).toContain('not signed by ledger.example.com/main+');
    expect(reasonOf(await provenDeposit(5, 11, stranger))).toContain('not signed by ledger.example.com/main+');
  });

  it('does not hold with a signature of somebody else beside it, of which nothing would be checked', () => {
    const other = proven.checkpoint.split('\n').at(-2)?.replace('/main', '/witness') ?? '';
    expect(reasonOf({ ...proven, checkpoint: `${proven.checkpoint}${other}\n` })).toContain('and no other');
  });

  it('does not hold where the ledger signed something else', () => {
    expect(reasonOf({ ...proven, checkpoint: signNote('good morning\n', ledger) })).toContain('good morning');
    expect(reasonOf({ ...proven, checkpoint: 'no note' })).toContain('a note is');
  });
});

describe('a proof document', () => {
  const root = 'XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=';

  it.each([
    ['nothing', undefined, 'a JSON object'],
    ['null', null, 'a JSON object'],
    ['a text', 'x', 'a JSON object'],
    ['a list', [], 'event is not a text'],
    ['an object without anything in it', {}, 'event is not a text'],
    ['one whose event is an object', { ...proven, event: {} }, 'event is not a text'],
    ['one with half a surrogate pair', { ...proven, event: '\ud83d' }, 'event is not well-formed Unicode'],
    ['one without a position', { ...proven, position: undefined }, 'position is not'],
    ['one with position 0', { ...proven, position: 0 }, 'position is not'],
    ['one with half a position', { ...proven, position: 1.5 }, 'position is not'],
    ['one with a position as text', { ...proven, position: '5' }, 'position is not'],
    ['one with a position beyond 2^53 − 1', { ...proven, position: 2 ** 53 }, 'position is not'],
    ['one without hashes', { ...proven, proof: undefined }, 'proof is not a list'],
    ['one with hashes in an object', { ...proven, proof: {} }, 'proof is not a list'],
    ['one with a hash that is no text', { ...proven, proof: [root, 5] }, 'proof/1 is not 32 bytes'],
    ['one with a hash in hex', { ...proven, proof: ['00'.repeat(32)] }, 'proof/0 is not 32 bytes'],
    ['one with a longer hash', { ...proven, proof: [root, root, `AAAA${root}`] }, 'proof/2 is not 32 bytes'],
    ['one with a hash without padding', { ...proven, proof: [root.slice(0, -1)] }, 'proof/0 is not 32 bytes'],
    ['one with a member that nobody knows', { ...proven, tomorrow: 1 }, 'tomorrow is not known'],
    ['one without a checkpoint', { ...proven, checkpoint: undefined }, 'checkpoint is not a text'],
  ])('cannot be %s', (_, value, reason) => {
    expect(() => readProofDocument(value)).toThrow(MalformedProof);
    expect(() => readProofDocument(value)).toThrow(reason);
  });
});
