import type { Line } from './chained-line.ts';
import { FileRefused } from './file-refused.ts';

// The line of a block has the answers to up to a thousand commands.
const LONGEST = 256 * 1_024 * 1_024;

const NEWLINE = 0x0a;

const isOfZlib = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');

/** What of a file is read into memory at once: the lines of one chunk. */
class Cutter {
  #number = 0;
  #begun: Buffer[] = [];
  #size = 0;

  get next(): number {
    return this.#number + 1;
  }

  get isBetweenLines(): boolean {
    return this.#size === 0;
  }

  *cut(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#number += 1;
      yield { number: this.#number, text: this.#take() };
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  #keep(part: Buffer): void {
    if (part.length > 0) this.#begun.push(part);
    this.#size += part.length;
    if (this.#size > LONGEST) throw new FileRefused(this.next, 'is longer than any line of a ledger');
  }

  #take(): string {
    const text = (this.#begun.length === 1 ? this.#begun[0] : Buffer.concat(this.#begun))?.toString('utf8') ?? '';
    this.#begun = [];
    this.#size = 0;
    return text;
  }
}

/** The lines of a file. At newlines alone, which stand between JSON texts and in none. Rejects with FileRefused where it was cut. */
export async function* linesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const cutter = new Cutter();
  try {
    for await (const chunk of chunks) yield* cutter.cut(chunk);
  } catch (error) {
    if (!isOfZlib(error)) throw error;
    throw new FileRefused(
      cutter.next,
      `cannot be unpacked: the file was cut or is damaged (${(error as Error).message})`,
    );
  }
  if (!cutter.isBetweenLines) throw new FileRefused(cutter.next, 'has no end: the file was cut');
}
