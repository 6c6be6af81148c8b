import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Block } from '../application/ports/journal-store.ts';
import { VersionConflict } from '../application/ports/storage-errors.ts';
import { blockFromText, textOfBlock } from './block-text.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { NoteRefused } from './signed-note.ts';

/** The file cannot be read, written or understood; the message says what to do. */
export class SignedCheckpointUnusable extends Error {
  override readonly name = 'SignedCheckpointUnusable';
}

/** Whether the file system says so, such as ENOENT. */
export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const unusable = (path: string, cause: unknown): SignedCheckpointUnusable => {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `What was signed last cannot be kept in ${path}: ${why}. Set DAYBOOK_SIGNED_CHECKPOINT_FILE.`;
  return new SignedCheckpointUnusable(message, { cause });
};

const missing = (path: string): SignedCheckpointUnusable =>
  new SignedCheckpointUnusable(
    `There is no ${path}, which says what this key signed last. Bring it from where that was: processes on several machines share it, as they ` +
      `share the key. Where the key has signed nothing yet, or the journal is known to be whole: npm run verify -- --save ${path}`,
  );

const malformed = (path: string, cause: Error): SignedCheckpointUnusable =>
  new SignedCheckpointUnusable(
    `${path} is no checkpoint: ${cause.message}. Put the one there that was kept last, or, where the journal is known to be whole: npm run ` +
      `verify -- --save ${path}`,
    { cause },
  );

/** What was signed last: the checkpoint, and the block that it is of, where it is the last that was signed here. */
export type Signed = { readonly checkpoint: Checkpoint; readonly block: Block | undefined };

/**
 * What whoever signs remembers of it, out of the reach of those who can write to the database. It is written before anybody else sees the
 * signature: so there are never two checkpoints of one size with different roots. A crash may leave it one block ahead of the journal; that
 * block is in it, and is the only one that may come next.
 */
export class SignedCheckpoint {
  #known: string | undefined;

  constructor(readonly path: string) {}

  /** Rejects with SignedCheckpointUnusable, also where there is none. */
  async last(): Promise<Signed> {
    const text = await this.#read();
    if (text === undefined) throw missing(this.path);
    this.#known = text;
    return this.#signedIn(text);
  }

  /** For whoever only reads: undefined where there is none. Rejects with SignedCheckpointUnusable. */
  async lastIfAny(): Promise<Signed | undefined> {
    const text = await this.#read();
    return text === undefined ? undefined : this.#signedIn(text);
  }

  /**
   * In place of what `last` gave, or was kept since. Rejects with VersionConflict where another process has signed meanwhile, with
   * SignedCheckpointUnusable.
   */
  async keep(block: Block): Promise<void> {
    if ((await this.#read()) !== this.#known) throw new VersionConflict('another process has signed meanwhile');
    const text = `${block.checkpoint}${textOfBlock(block)}\n`;
    await this.#write(text, (draft) => rename(draft, this.path));
    this.#known = text;
  }

  /** For a new key: leaves what is there as it is. Rejects with SignedCheckpointUnusable. */
  async begin(note: string): Promise<void> {
    try {
      await writeFile(this.path, note, { flag: 'wx', flush: true });
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw unusable(this.path, error);
    }
  }

  /** Rejects with SignedCheckpointUnusable where nothing can be read or kept. */
  async check(): Promise<void> {
    await this.last();
    await this.#write('', () => Promise.resolve());
  }

  #signedIn(text: string): Signed {
    // A note has no line that begins like that.
    const end = text.indexOf('\n{') + 1;
    try {
      const checkpoint = readCheckpoint(end > 0 ? text.slice(0, end) : text);
      return { checkpoint, block: end > 0 ? blockFromText(text.slice(end)) : undefined };
    } catch (error) {
      if (error instanceof NoteRefused) throw malformed(this.path, error);
      throw error;
    }
  }

  async #read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw unusable(this.path, error);
    }
  }

  /** Under another name first, so that nobody ever reads half of it. */
  async #write(text: string, then: (draft: string) => Promise<void>): Promise<void> {
    const draft = `${this.path}.${randomUUID()}`;
    try {
      await writeFile(draft, text, { flag: 'wx', flush: true });
      await then(draft);
    } catch (error) {
      throw unusable(this.path, error);
    } finally {
      await rm(draft, { force: true });
    }
  }
}
