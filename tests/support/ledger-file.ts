import type { Storage } from '../../src/application/ports/storage.ts';
import type { NoteSigner, NoteVerifier } from '../../src/journal/signed-note.ts';
import { findCut } from '../../src/ledger-file/cut.ts';
import { exportLedger } from '../../src/ledger-file/export-ledger.ts';
import { type FileBlock, LedgerFileReader } from '../../src/ledger-file/ledger-file-reader.ts';
import { TrustedKeys } from '../../src/ledger-file/trusted-keys.ts';

/** The whole ledger as the lines of a file. Rejects where nothing is sealed. */
export const linesOf = async (storage: Storage, signer: NoteSigner): Promise<readonly string[]> => {
  const cut = await findCut(storage, { until: performance.now() + 10_000, onWaiting: () => undefined });
  if (!cut) throw new Error('nothing is sealed');
  let text = '';
  for await (const part of exportLedger(storage, cut, signer)) text += part.text;
  return text.split('\n').slice(0, -1);
};

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) {
    yield await Promise.resolve(bytes.subarray(start, start + size));
  }
}

/** The text of a file as a disk gives it, in chunks. */
export const chunksOf = (text: string, size = 1_000): AsyncIterable<Buffer> => inChunks(Buffer.from(text), size);

export const openFile = (lines: readonly string[], keys: readonly NoteVerifier[] = []): Promise<LedgerFileReader> =>
  LedgerFileReader.open(chunksOf(lines.map((line) => `${line}\n`).join('')), new TrustedKeys(keys));

/** Everything in the file; rejects with FileRefused. */
export const readAll = async (
  lines: readonly string[],
  keys: readonly NoteVerifier[] = [],
): Promise<readonly FileBlock[]> => {
  const reader = await openFile(lines, keys);
  const blocks: FileBlock[] = [];
  for await (const block of reader.blocks()) blocks.push(block);
  return blocks;
};
