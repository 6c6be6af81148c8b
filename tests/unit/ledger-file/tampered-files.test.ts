import { beforeAll, describe, expect, it } from 'vitest';
import type { NoteSigner } from '../../../src/journal/signed-note.ts';
import { chainedLine, type LineKind, noChain } from '../../../src/ledger-file/chained-line.ts';
import { FileRefused } from '../../../src/ledger-file/file-refused.ts';
import { LedgerFileReader } from '../../../src/ledger-file/ledger-file-reader.ts';
import { TrustedKeys } from '../../../src/ledger-file/trusted-keys.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { fillMore } from '../../support/books-to-verify.ts';
import { chunksOf, linesOf, readAll } from '../../support/ledger-file.ts';
import { newSigner, sealing } from '../../support/sealers.ts';
import { openBooks } from '../../support/small-books.ts';

describe('a ledger file that was tampered with', () => {
  let signer: NoteSigner;
  let lines: readonly string[];

  beforeAll(async () => {
    signer = newSigner();
    const storage = openMemoryStorage();
    await sealing(storage, () => openBooks(storage), signer);
    await sealing(storage, () => fillMore(storage), signer);
    lines = await linesOf(storage, signer);
  });

  /** The line that is named when these are read. */
  const refusedAt = async (tampered: readonly string[]): Promise<number | undefined> => {
    try {
      await readAll(tampered, [signer]);
      return undefined;
    } catch (error) {
      if (error instanceof FileRefused) return error.line;
      throw error;
    }
  };

  const everyLine = async (tamper: (index: number) => readonly string[]): Promise<readonly (number | undefined)[]> => {
    const named: (number | undefined)[] = [];
    for (const index of lines.keys()) named.push(await refusedAt(tamper(index)));
    return named;
  };

  const numbers = (): readonly number[] => lines.map((_, index) => index + 1);

  it('is read where nothing was done to it', async () => {
    expect(lines.length).toBeGreaterThan(15);
    expect(await refusedAt(lines)).toBeUndefined();
  });

  it('is refused at the line that was altered, wherever in it', async () => {
    for (const part of [0.1, 0.5, 0.9]) {
      const altered = (line: string): string => {
        const at = Math.floor(line.length * part);
        return `${line.slice(0, at)}${line[at] === 'x' ? 'y' : 'x'}${line.slice(at + 1)}`;
      };
      expect(await everyLine((index) => lines.with(index, altered(lines[index] ?? '')))).toEqual(numbers());
    }
  });

  it('is refused where a line was dropped', async () => {
    expect(await everyLine((index) => lines.toSpliced(index, 1))).toEqual(numbers());
  });

  it('is refused at the second of two lines that are the same', async () => {
    const twice = await everyLine((index) => lines.toSpliced(index, 0, lines[index] ?? ''));
    expect(twice).toEqual(numbers().map((number) => number + 1));
  });

  it('is refused at the first of two lines that were swapped', async () => {
    const swapped = (index: number): readonly string[] => {
      const [one = '', other = ''] = lines.slice(index, index + 2);
      return lines.toSpliced(index, 2, other, one);
    };
    const named: (number | undefined)[] = [];
    for (const index of lines.slice(1).keys()) named.push(await refusedAt(swapped(index)));
    expect(named).toEqual(numbers().slice(0, -1));
  });

  it('is refused behind the last line where it was cut between two lines', async () => {
    expect(await everyLine((index) => lines.slice(0, index))).toEqual(numbers());
  });

  it('is refused at the line in which it was cut', async () => {
    const text = lines.map((line) => `${line}\n`).join('');
    const cut = LedgerFileReader.open(chunksOf(text.slice(0, -1)), new TrustedKeys([])).then(async (reader) => {
      for await (const { block } of reader.blocks()) expect(block.number).toBeGreaterThan(0);
    });
    await expect(cut).rejects.toThrow(`line ${lines.length}: has no end: the file was cut`);
  });

  it('is refused where something stands behind its end', async () => {
    for (const more of ['', '{}', lines.at(-1) ?? '']) {
      expect(await refusedAt([...lines, more])).toBe(lines.length + 1);
    }
  });

  type Content = Record<string, unknown>;

  /** The file with other content, and every chain made right again. */
  const rewritten = (change: (kind: string, content: Content) => Content): readonly string[] => {
    let before = noChain;
    return lines.map((line) => {
      if (!line.startsWith('{"chain":')) return line;
      const { chain: _chain, ...rest } = JSON.parse(line) as Record<string, Content>;
      const [[kind, content] = ['', {}]] = Object.entries(rest);
      const { text, chain } = chainedLine(before, kind as LineKind, change(kind, content));
      before = chain;
      return text.slice(0, -1);
    });
  };

  it('is refused at its signature where chains were made right again behind a change', async () => {
    expect(await refusedAt(rewritten((_kind, content) => content))).toBeUndefined();
    const withoutKeys = rewritten((kind, content) => (kind === 'block' ? { ...content, keys: [] } : content));
    await expect(readAll(withoutKeys, [signer])).rejects.toThrow(
      `line ${lines.length}: the signature does not count: it was signed for another file`,
    );
  });

  it('is refused at the first block of a key that was not given', async () => {
    await expect(readAll(lines, [newSigner()])).rejects.toThrow(
      /^line 2: the signature does not count: it is signed by test\+/,
    );
    expect(await readAll(lines, [newSigner(), signer])).toHaveLength((await readAll(lines)).length);
  });

  it('is refused where a block was sealed before the block before it', async () => {
    const early = rewritten((kind, content) =>
      kind === 'block' && content.number === 2 ? { ...content, sealedAt: '2000-01-01T00:00:00.000Z' } : content,
    );
    await expect(readAll(early, [signer])).rejects.toThrow('was sealed before the block before it');
  });

  it('is refused where the form of an event is another one', async () => {
    const others = rewritten((kind, content) => (kind === 'block' ? { ...content, forms: [[{}, {}]] } : content));
    await expect(readAll(others, [signer])).rejects.toThrow(
      'line 3: is no event of the form that its block names for it',
    );
  });

  it('is refused where it is of another version, or no ledger', async () => {
    const later = rewritten((kind, content) => (kind === 'ledger' ? { ...content, version: 2 } : content));
    await expect(readAll(later, [signer])).rejects.toThrow(/^line 1: version: /);
    await expect(readAll(['date,amount', '2026-03-15,1'], [signer])).rejects.toThrow('line 1: is not the ledger line');
    await expect(readAll([], [signer])).rejects.toThrow('line 1: is not there: the file was cut');
  });
});
