import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { consistencyProof } from './merkle/proofs.ts';
import { nodesOf, type TiledTree } from './merkle/tiles.ts';
import { verifyConsistency } from './merkle/verify-proofs.ts';
import { NoteRefused } from './signed-note.ts';

/** The file cannot be read, written or understood; the message says what to do. */
export class SignedCheckpointUnusable extends Error {
  override readonly name = 'SignedCheckpointUnusable';
}

/** The journal is not one that what was signed here has grown into; the message says what to do. */
export class JournalWentBack extends Error {
  override readonly name = 'JournalWentBack';
}

const unusable = (path: string, cause: unknown): SignedCheckpointUnusable => {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `The last checkpoint that was signed cannot be kept in ${path}: ${why}. Set DAYBOOK_SIGNED_CHECKPOINT_FILE.`;
  return new SignedCheckpointUnusable(message, { cause });
};

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/**
 * What whoever signs remembers of it, out of the reach of those who can write to the database: the last checkpoint, as a signed note in a
 * file. Never more than what is durable there, so that a crash leaves it behind the journal and not ahead of it.
 */
export class SignedCheckpoint {
  constructor(readonly path: string) {}

  /** Undefined where nothing was signed yet. Rejects with SignedCheckpointUnusable. */
  async last(): Promise<Checkpoint | undefined> {
    try {
      return readCheckpoint(await readFile(this.path, 'utf8'));
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (!(error instanceof NoteRefused)) throw unusable(this.path, error);
      throw new SignedCheckpointUnusable(
        `${this.path} is no checkpoint: ${error.message}. Put the one there that was kept last (npm run verify -- --save), or, where it ` +
          'is known that the journal is whole, remove the file.',
        { cause: error },
      );
    }
  }

  /** Rejects with SignedCheckpointUnusable. */
  async keep(note: string): Promise<void> {
    await this.#write(note, (draft) => rename(draft, this.path));
  }

  /** Rejects with SignedCheckpointUnusable where nothing can be read or kept. */
  async check(): Promise<void> {
    await this.last();
    await this.#write('', () => Promise.resolve());
  }

  /** Under another name first, so that nobody ever reads half of it. */
  async #write(note: string, then: (draft: string) => Promise<void>): Promise<void> {
    const draft = `${this.path}.${randomUUID()}`;
    try {
      await writeFile(draft, note, { flag: 'wx', flush: true });
      await then(draft);
    } catch (error) {
      throw unusable(this.path, error);
    } finally {
      await rm(draft, { force: true });
    }
  }
}

const NOTHING_MORE =
  'Nothing more is signed. Find out with `npm run verify` what was changed. Where this ledger was brought back from an older backup, or is ' +
  'another one, remove the file that DAYBOOK_SIGNED_CHECKPOINT_FILE names: whoever has kept a later checkpoint will see it.';

/**
 * Whether the journal with the checkpoint `now` has grown from what was signed, whatever its blocks and tiles say of themselves: a proof of
 * consistency (RFC 9162 §2.1.4) holds only where it has. Rejects with JournalWentBack.
 */
export const refuseToGoBack = async (signed: Checkpoint, now: Checkpoint, tree: TiledTree): Promise<void> => {
  if (now.size < signed.size)
    throw new JournalWentBack(`The journal has ${now.size} events, and ${signed.size} were signed. ${NOTHING_MORE}`);
  const growth = { first: signed.size, second: now.size };
  const proof = await consistencyProof(growth, nodesOf(tree));
  if (!verifyConsistency(growth, { first: signed.root, second: now.root }, proof)) {
    throw new JournalWentBack(
      `The first ${signed.size} events of the journal are not those that were signed. ${NOTHING_MORE}`,
    );
  }
};
