import { beforeEach, describe, expect, it } from 'vitest';
import type { EventAsRecorded } from '../../../src/application/ports/event-as-recorded.ts';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { findCut } from '../../../src/ledger-file/cut.ts';
import type { BlockHead } from '../../../src/application/ports/journal-store.ts';
import { leavesOf, sealLeaves } from '../../../src/journal/seal-events.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { systemClock } from '../../../src/compose.ts';
import { openBooks } from '../../support/small-books.ts';
import { newSigner } from '../../support/sealers.ts';

/** Where the two halves of the transfer stand among the events of small books, from 0. */
const SENT = 5;
const RECEIVED = 6;

describe('where an export ends', () => {
  const signer = newSigner();
  let storage: Storage;
  let events: readonly EventAsRecorded[];

  beforeEach(async () => {
    storage = openMemoryStorage();
    await openBooks(storage);
    for await (const group of storage.feed.follow('0', AbortSignal.timeout(100))) events = group.events;
    expect(events.slice(SENT, RECEIVED + 1).map(({ type }) => type)).toEqual(['TransferSent', 'TransferReceived']);
  });

  const put = async (
    head: BlockHead | undefined,
    due: readonly EventAsRecorded[],
    resumeToken: string | undefined,
  ): Promise<void> => {
    const leaves = await leavesOf(due, ({ error }) => {
      throw error;
    });
    await storage.journal.insert(sealLeaves(head, leaves, { signer, now: systemClock.now(), resumeToken }));
  };

  /** Seals the events behind the last sealed one, up to this place, in a block as the feed gives it. */
  const seal = async (upTo: number): Promise<void> => {
    const head = await storage.journal.head();
    const due = events.slice(head?.treeSize ?? 0, upTo);
    await put(head, due, 'token');
  };

  const cut = async (): Promise<{ readonly block: number | undefined; readonly waiting: number }> => {
    let waiting = 0;
    const head = await findCut(storage, { until: performance.now(), onWaiting: (count) => (waiting = count) });
    return { block: head?.number, waiting };
  };

  it('is the last block where everything is sealed', async () => {
    await seal(SENT + 1);
    await seal(events.length);
    expect(await cut()).toEqual({ block: 2, waiting: 0 });
  });

  it('is never between the two halves of a transfer', async () => {
    await seal(SENT);
    await seal(SENT + 1);
    await seal(RECEIVED + 1);
    expect(await cut()).toEqual({ block: 1, waiting: events.length - RECEIVED - 1 });
  });

  it('is not behind a block of which nobody knows whether the next event belongs to its last request', async () => {
    await seal(SENT + 1);
    expect(await cut()).toEqual({ block: undefined, waiting: events.length - SENT - 1 });
    await seal(RECEIVED + 1);
    expect((await cut()).block).toBeUndefined();
    await seal(RECEIVED + 2);
    expect((await cut()).block).toBe(2);
  });

  it('is not within what a recovery sealed, whose order is not that of the commits', async () => {
    await seal(2);
    await seal(3);
    const head = await storage.journal.head();
    await put(head, events.slice(3, 4), undefined);
    await seal(SENT);
    expect((await cut()).block).toBe(1);
    await seal(RECEIVED + 1);
    expect((await cut()).block).toBe(4);
  });

  it('is nowhere where nothing is sealed', async () => {
    expect(await cut()).toEqual({ block: undefined, waiting: events.length });
  });
});
