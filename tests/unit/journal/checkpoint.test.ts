import { describe, expect, it } from 'vitest';
import { openCheckpoint, signCheckpoint } from '../../../src/journal/checkpoint.ts';
import { EMPTY_ROOT } from '../../../src/journal/merkle/hash.ts';
import { NoteRefused, signNote } from '../../../src/journal/signed-note.ts';
import { ledger, signerFrom, stranger } from '../../support/note-keys.ts';
import { rootByRfc } from './rfc-tree.ts';

const ORIGIN = 'ledger.example.com/main';
const ROOT = rootByRfc(8).toString('base64');

describe('a checkpoint', () => {
  it('is three lines, and the signature of the ledger that the first one names', () => {
    const note = signCheckpoint({ size: 8, root: rootByRfc(8) }, ledger);
    expect(note.split('\n').slice(0, 4)).toEqual([ORIGIN, '8', 'XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=', '']);
    expect(note.split('\n')[4]).toMatch(/^— ledger\.example\.com\/main [A-Za-z0-9+/]{91}=$/);
    expect(openCheckpoint(note, ledger)).toEqual({ size: 8, root: rootByRfc(8) });
  });

  it('of an empty journal has the root of an empty tree', () => {
    expect(openCheckpoint(signCheckpoint({ size: 0, root: EMPTY_ROOT }, ledger), ledger).size).toBe(0);
    const wrong = signNote(`${ORIGIN}\n0\n${ROOT}\n`, ledger);
    expect(() => openCheckpoint(wrong, ledger)).toThrow('an empty tree has another root');
  });

  it('may be signed by others too, and say more, which is ignored', () => {
    const note = signNote(`${ORIGIN}\n8\n${ROOT}\nan extension\nand another\n`, ledger);
    const witness = signNote('whatever\n', signerFrom('witness.example', Buffer.alloc(32, 3))).split('\n')[2] ?? '';
    expect(openCheckpoint(`${note}${witness}\n`, ledger)).toEqual({ size: 8, root: rootByRfc(8) });
  });

  it('is refused with another key of the same name', () => {
    const note = signCheckpoint({ size: 8, root: rootByRfc(8) }, stranger);
    expect(() => openCheckpoint(note, ledger)).toThrow('the note is not signed by ledger.example.com/main+');
  });

  it('is refused where the key signed for another ledger', () => {
    const note = signNote(`other.example.com\n8\n${ROOT}\n`, ledger);
    expect(() => openCheckpoint(note, ledger)).toThrow('is of other.example.com, not of ledger.example.com/main');
  });

  it.each([
    ['has no root', `${ORIGIN}\n8\n`, 'third line'],
    ['has no size', `${ORIGIN}\n`, 'second line'],
    ['has nothing', '\n', 'empty line'],
    ['has an empty line', `${ORIGIN}\n8\n${ROOT}\n\nmore\n`, 'empty line'],
    ['has a size with a zero before it', `${ORIGIN}\n08\n${ROOT}\n`, 'second line'],
    ['has a negative size', `${ORIGIN}\n-8\n${ROOT}\n`, 'second line'],
    ['has a size in hex', `${ORIGIN}\n0x8\n${ROOT}\n`, 'second line'],
    ['has a size beyond 2^53 − 1', `${ORIGIN}\n9007199254740992\n${ROOT}\n`, 'second line'],
    ['has a shorter root', `${ORIGIN}\n8\n${ROOT.slice(4)}\n`, 'third line'],
    ['has a root without padding', `${ORIGIN}\n8\n${ROOT.slice(0, -1)}\n`, 'third line'],
    ['has a root in another alphabet', `${ORIGIN}\n8\n${ROOT.replace('/', '_')}\n`, 'third line'],
  ])('is refused where it %s, whoever signed it', (_, text, reason) => {
    const note = signNote(text, ledger);
    expect(() => openCheckpoint(note, ledger)).toThrow(NoteRefused);
    expect(() => openCheckpoint(note, ledger)).toThrow(reason);
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN])('cannot be made of %d leaves', (size) => {
    expect(() => signCheckpoint({ size, root: EMPTY_ROOT }, ledger)).toThrow('leaves');
  });
});
