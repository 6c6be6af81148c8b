import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

// The numbers are those of the ZIP file format (APPNOTE.TXT, 4.3.7, 4.3.12 and 4.3.16); all are little-endian.
const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const localHeader = 0x04034b50;
const deflated = 8;

type Entry = { readonly name: string; readonly compressedSize: number; readonly headerOffset: number };

const directoryOf = (archive: Buffer): { offset: number; count: number } => {
  // The record is the last 22 bytes, unless a comment follows it.
  for (let at = archive.length - 22; at >= 0; at -= 1) {
    if (archive.readUInt32LE(at) === endOfDirectory) {
      return { offset: archive.readUInt32LE(at + 16), count: archive.readUInt16LE(at + 10) };
    }
  }
  throw new Error('It is not a zip archive.');
};

function* entriesOf(archive: Buffer): Generator<Entry> {
  const { offset, count } = directoryOf(archive);
  for (let at = offset, seen = 0; seen < count; seen += 1) {
    if (archive.readUInt32LE(at) !== directoryEntry) throw new Error('The directory of the zip archive is damaged.');
    const nameLength = archive.readUInt16LE(at + 28);
    yield {
      name: archive.toString('utf8', at + 46, at + 46 + nameLength),
      compressedSize: archive.readUInt32LE(at + 20),
      headerOffset: archive.readUInt32LE(at + 42),
    };
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
}

const compressedBytes = (archive: Buffer, { compressedSize, headerOffset }: Entry): Buffer => {
  const supported =
    archive.readUInt32LE(headerOffset) === localHeader && archive.readUInt16LE(headerOffset + 8) === deflated;
  if (!supported) throw new Error('The entry of the zip archive is not a deflated file.');
  const start = headerOffset + 30 + archive.readUInt16LE(headerOffset + 26) + archive.readUInt16LE(headerOffset + 28);
  return archive.subarray(start, start + compressedSize);
};

/** Writes the one entry whose name ends so to a file. Rejects when there is none, or the archive is damaged. */
export const unzipEntry = async (archive: Buffer, nameEnding: string, target: string): Promise<void> => {
  for (const entry of entriesOf(archive)) {
    if (!entry.name.endsWith(nameEnding)) continue;
    await pipeline(Readable.from([compressedBytes(archive, entry)]), createInflateRaw(), createWriteStream(target));
    return;
  }
  throw new Error(`The zip archive has no entry ${nameEnding}.`);
};
