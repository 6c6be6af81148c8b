import type { Storage } from '../application/ports/storage.ts';
import type { StreamId } from '../domain/account/account-id.ts';
import type { Instant } from '../domain/time/instant.ts';
import { canonicalEvent } from './canonical-event.ts';
import { journalTree } from './journal-tree.ts';
import { multiProof } from './merkle/multi-proof.ts';
import { nodesOf } from './merkle/tiles.ts';
import { NotSealedYet, TooManyToProve } from './not-proved-now.ts';
import type { StreamProof } from './stream-proof.ts';

type Stores = Pick<Storage, 'events' | 'feed' | 'journal'>;

/** The most events of a stream that one proof has. */
export const MOST_EVENTS_PROVED = 10_000;

// Read and written without a break: commands that have arrived meanwhile wait for a few milliseconds.
const AT_ONCE = 200;

/** How a stream begins: its first `version` events. */
export type Beginning = {
  readonly streamId: StreamId;
  readonly version: number;
  /** Where they end because that was asked for, the event behind them is wanted too: it was recorded after `knownAt`, or has a later version. */
  readonly bound: { readonly knownAt?: Instant } | undefined;
};

type Placed = { readonly text: string; readonly recordedAt: Instant; readonly position: number };

/** Some events with their places. Rejects with NotSealedYet. */
const placed = async ({ feed, journal }: Stores, eventIds: readonly string[]): Promise<readonly Placed[]> => {
  const [events, positions] = await Promise.all([feed.asRecorded(eventIds), journal.positionsOf(eventIds)]);
  return events.map((event) => {
    const position = positions.get(event.eventId);
    if (position === undefined) throw new NotSealedYet(`${event.eventId} is not sealed yet`);
    return { text: canonicalEvent(event), recordedAt: event.recordedAt, position };
  });
};

const beginningOf = async (stores: Stores, streamId: StreamId, upTo: number): Promise<readonly Placed[]> => {
  const found: Placed[] = [];
  for (;;) {
    const page = await stores.events.read(streamId, { after: found.length, upTo, limit: AT_ONCE });
    found.push(
      ...(await placed(
        stores,
        page.map(({ eventId }) => eventId),
      )),
    );
    if (page.length < AT_ONCE) return found;
  }
};

/** Rejects with NotSealedYet where an event was recorded at the very moment that is asked about, and so may or may not count. */
const mustBeOver = (moment: Instant | undefined, next: Placed | undefined): void => {
  if (moment !== undefined && next && next.recordedAt <= moment) {
    throw new NotSealedYet('that moment is not over yet');
  }
};

/** The nodes that lead from these places to the latest checkpoint. Rejects with NotSealedYet. */
const pathsOf = async (
  { journal }: Stores,
  positions: readonly number[],
): Promise<Pick<StreamProof, 'hashes' | 'checkpoint'>> => {
  const head = await journal.head();
  if (!head) throw new NotSealedYet('the journal is empty');
  const { treeSize, checkpoint } = head;
  const indexes = positions.map((position) => position - 1);
  return { hashes: await multiProof(indexes, treeSize, nodesOf(await journalTree(journal, treeSize))), checkpoint };
};

/** That a stream begins with these events, against the latest checkpoint. Rejects with TooManyToProve, NotSealedYet. */
export const proveStream =
  (stores: Stores) =>
  async ({ streamId, version, bound }: Beginning): Promise<StreamProof> => {
    if (version > MOST_EVENTS_PROVED) throw new TooManyToProve(version, MOST_EVENTS_PROVED);
    const found = await beginningOf(stores, streamId, bound ? version + 1 : version);
    if (found.length < version) throw new Error(`${streamId} has ${found.length} events, and ${version} are due`);
    const next = found[version];
    mustBeOver(bound?.knownAt, next);
    // The checkpoint is read behind the positions, so that it is never from before one of them.
    const positions = found.map(({ position }) => position);
    return {
      events: found.slice(0, version).map(({ text }) => text),
      ...(next && { next: next.text }),
      positions,
      ...(await pathsOf(stores, positions)),
    };
  };
