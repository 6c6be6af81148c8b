import { setTimeout as sleep } from 'node:timers/promises';
import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import type { Clock } from '../application/ports/clock.ts';
import { FeedCut, LARGEST_GROUP, ResumeTokenLost } from '../application/ports/event-feed.ts';
import type { Block, BlockHead } from '../application/ports/journal-store.ts';
import type { Log } from '../application/ports/log.ts';
import type { Storage } from '../application/ports/storage.ts';
import { instant, latest } from '../domain/time/instant.ts';
import { dueOf } from './due-events.ts';
import { goOnFrom, treeOf } from './go-on-from.ts';
import { hashesFrom, journalTree, mendTiles, storedTileOf, treeWithEdge } from './journal-tree.ts';
import { rootOf } from './merkle/compact-range.ts';
import { fillTiles, type TiledTree } from './merkle/tiles.ts';
import { leavesOf, sealLeaves } from './seal-events.ts';
import { sealedAmong } from './sealed-among.ts';
import type { SignedCheckpoint } from './signed-checkpoint.ts';
import { type NoteSigner, verifierKeyOf } from './signed-note.ts';

export type SealerParts = {
  readonly storage: Pick<Storage, 'feed' | 'journal'>;
  readonly signer: NoteSigner;
  /** Left out where nothing outlives the process anyway. */
  readonly signed?: SignedCheckpoint;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears whether what there is must not be signed. */
  readonly onRefusal?: (isRefused: boolean) => void;
};

// So that a ledger with little to do is not asked for a block with each commit: each costs what a small transaction costs.
const PAUSE = 200;

// What was committed before the end of a recovery was recorded before that, by a clock that may be ahead by so much.
const LONGEST_OVERLAP = 600_000;

const BLOCKS_OF_OVERLAP = 1_000;

const NONE: ReadonlySet<string> = new Set();

const sayWhereKeyIsNew = ({ verifierKey: before }: BlockHead, { signer, log }: SealerParts): void => {
  const now = verifierKeyOf(signer);
  if (before === now) return;
  log.warn({ before, now }, 'the journal was signed with another key so far: its readers need this one too');
};

/**
 * Seals block after block from the last one on, until it is stopped, or something fails. What it rests on: a block that has a resume
 * token has every event from before that token in it or in a block before. So whoever goes on behind the last block's token, and is the
 * only one to put a block on that, skips nothing.
 */
export class Sealing {
  #toldOnceMoreUntil = 0;
  /** In a recovery: by clocks that may have been far ahead, and put right since. */
  #lastRecorded = instant(0);
  #isKept = false;

  private constructor(
    private readonly parts: SealerParts,
    private readonly signal: AbortSignal,
    private head: BlockHead | undefined,
    private tree: TiledTree,
  ) {}

  /**
   * On top of the last block, whose tiles are there then. Rejects with JournalWentBack where that is not what was signed before, with
   * SignedCheckpointUnusable, StorageUnavailable.
   */
  static async begin(parts: SealerParts, signal: AbortSignal): Promise<Sealing> {
    const { signed, signer: verifier, storage } = parts;
    const { journal } = storage;
    const { head, isKept } = signed
      ? await goOnFrom({ signed, verifier }, storage)
      : { head: await journal.head(), isKept: false };
    if (head) sayWhereKeyIsNew(head, parts);
    const tree = await journalTree(journal, head?.treeSize ?? 0);
    await mendTiles(journal, tree);
    const sealing = new Sealing(parts, signal, head, tree);
    sealing.#isKept = isKept;
    // Whoever recovered may have been killed before all that was told twice was over.
    if (await journal.hasRecoveredWithin(BLOCKS_OF_OVERLAP)) sealing.#expectTwice();
    return sealing;
  }

  /** Rejects with VersionConflict where another one has sealed the next block, with StorageUnavailable, or with what is a bug. */
  async run(): Promise<void> {
    let token = (await this.#tokenOfHead()) ?? (await this.#recover());
    while (!this.signal.aborted) {
      try {
        await this.#follow(token);
      } catch (error) {
        token = await this.#tokenBehind(error);
      }
    }
  }

  /** What was kept beside the key counts, whatever the store says: with another token events would be skipped, and never sealed. */
  async #tokenOfHead(): Promise<string | undefined> {
    if (!this.head) return undefined;
    const stored = await this.parts.storage.journal.tokenBehind(this.head);
    if (!this.#isKept) return stored;
    // This may be another store, into which all of it was brought back: then what is sealed is told once more.
    if (stored !== this.head.resumeToken) this.#expectTwice();
    return this.head.resumeToken;
  }

  /** With which token the feed goes on behind what stopped it. Rejects with whatever else that was. */
  async #tokenBehind(error: unknown): Promise<string> {
    const { log } = this.parts;
    if (error instanceof FeedCut) {
      log.warn(
        { err: error },
        'the collection of events was renamed, removed or replaced: going on with what is there',
      );
      this.#expectTwice();
      return error.token;
    }
    if (!(error instanceof ResumeTokenLost)) throw error;
    log.warn({ err: error }, 'the journal cannot go on where it ended: looking for what is not sealed');
    return this.#recover();
  }

  async #follow(token: string): Promise<void> {
    for await (const { events, token: behind } of this.parts.storage.feed.follow(token, this.signal)) {
      await this.#sealUnlessSealed(events, behind);
      if (events.length < LARGEST_GROUP) await sleep(PAUSE, undefined, { signal: this.signal }).catch(() => undefined);
    }
  }

  /**
   * Seals all that is in no block. These blocks have no token: whoever finds one of them last does not know whether this came to its end.
   * Gives the token from which on everything is told once more.
   */
  async #recover(): Promise<string> {
    const { feed } = this.parts.storage;
    const { token, history } = await feed.recover();
    this.#expectTwice();
    for await (const group of history) {
      if (this.signal.aborted) break;
      this.#lastRecorded = group.reduce((last, { recordedAt }) => latest(last, recordedAt), this.#lastRecorded);
      const due = await dueOf(group, this.parts.storage);
      if (due.length > 0) await this.#seal(await feed.asRecorded(due));
    }
    this.#expectTwice();
    return token;
  }

  #expectTwice(): void {
    this.#toldOnceMoreUntil = latest(this.parts.clock.now(), this.#lastRecorded) + LONGEST_OVERLAP;
  }

  /**
   * Behind a recovery some events are told once more. What is signed must not be refused by the journal for one of those. Rejects with
   * JournalWentBack where one is not what was sealed.
   */
  async #sealUnlessSealed(events: readonly EventAsRecorded[], resumeToken: string): Promise<void> {
    const areTwice = events.some(({ recordedAt }) => recordedAt < this.#toldOnceMoreUntil);
    const sealed = areTwice ? await this.#sealedAmong(events) : NONE;
    const others = sealed.size === 0 ? events : events.filter(({ eventId }) => !sealed.has(eventId));
    if (others.length > 0) await this.#seal(others, resumeToken);
  }

  #sealedAmong(events: readonly EventAsRecorded[]): Promise<ReadonlySet<string>> {
    const grown = { tree: this.tree, root: rootOf(treeOf(this.head)) };
    return sealedAmong(events, this.parts.storage.journal, grown);
  }

  async #seal(events: readonly EventAsRecorded[], resumeToken?: string): Promise<void> {
    const { storage, signer, signed, clock, log } = this.parts;
    const leaves = await leavesOf(events, ({ event: { eventId, streamId, version }, error }) =>
      log.error(
        { eventId, streamId, version, err: error },
        'this event cannot be sealed, and Daybook has not recorded it',
      ),
    );
    if (leaves.length === 0) return;
    const block = sealLeaves(this.head, leaves, { signer, now: clock.now(), resumeToken });
    // First, so that nobody has a signature that is not known here.
    await signed?.keep(block);
    await storage.journal.insert(block);
    this.head = block;
    await this.#fillTiles(block);
  }

  async #fillTiles({ leafHashes, treeSize }: Block): Promise<void> {
    const { journal } = this.parts.storage;
    const { filled, edge } = await fillTiles(this.tree, hashesFrom(leafHashes));
    await journal.putTiles(filled.map(storedTileOf));
    this.tree = treeWithEdge(journal, treeSize, edge);
  }
}
