import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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
    `${path} is no checkpoint: ${cause.message}. Bring it back as it was, or, where the journal is known to be whole: npm run verify -- --save ${path}`,
    { cause },
  );

const overtaken = (): VersionConflict => new VersionConflict('another process has signed meanwhile');

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Also the drafts of processes that were killed. */
const removeOthersBeside = async (own: string, target: string): Promise<void> => {
  const [directory, prefix] = [dirname(target), `${basename(target)}.`];
  const names = await readdir(directory);
  const drafts = names.filter((name) => name.startsWith(prefix) && UUID.test(name.slice(prefix.length)));
  const others = drafts.filter((name) => name !== basename(own));
  await Promise.all(others.map((name) => rm(join(directory, name), { force: true })));
};

/** Until then, a machine that loses its power may come back with the directory as it was before. */
const settle = async (file: string): Promise<void> => {
  const directory = await open(dirname(file));
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

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
    const text = `${block.checkpoint}${textOfBlock(block)}\n`;
    await this.#write(text, (draft, target) => this.#replaceBy(draft, target));
    this.#known = text;
  }

  /** For a new key: leaves what is there as it is. Rejects with SignedCheckpointUnusable. */
  async begin(note: string): Promise<void> {
    await this.#write(note, async (draft) => {
      try {
        await link(draft, this.path);
        await settle(draft);
      } catch (error) {
        // Without its draft: whoever has removed that had found the file there.
        if (!isCode(error, 'EEXIST') && !isCode(error, 'ENOENT')) throw error;
      }
    });
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

  /**
   * The file is swapped only while it has what is known here. Of two processes that both find it so, at most one succeeds, however long the
   * other stood still in between: each first removes the drafts of all others, and a draft that was removed takes nobody's place. One that
   * came too late to be removed is of a process that has yet to remove this one.
   */
  async #replaceBy(draft: string, target: string): Promise<void> {
    await removeOthersBeside(draft, target);
    if ((await this.#read()) !== this.#known) throw overtaken();
    try {
      await rename(draft, target);
    } catch (error) {
      throw isCode(error, 'ENOENT') ? overtaken() : error;
    }
    await settle(target);
  }

  /** Where the file is, which may have a link in its place: that stays, for others follow it too. */
  async #target(): Promise<string> {
    try {
      return await realpath(this.path);
    } catch (error) {
      if (isCode(error, 'ENOENT')) return this.path;
      throw error;
    }
  }

  /** Under another name first, so that nobody ever reads half of it. */
  async #write(text: string, then: (draft: string, target: string) => Promise<void>): Promise<void> {
    let draft: string | undefined;
    try {
      const target = await this.#target();
      draft = `${target}.${randomUUID()}`;
      await writeFile(draft, text, { flag: 'wx', flush: true });
      await then(draft, target);
    } catch (error) {
      if (error instanceof VersionConflict || error instanceof SignedCheckpointUnusable) throw error;
      throw unusable(this.path, error);
    } finally {
      if (draft !== undefined) await rm(draft, { force: true });
    }
  }
}
