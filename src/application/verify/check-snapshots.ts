import type { StreamId } from '../../domain/account/account-id.ts';
import { FOLD_VERSION } from '../../domain/account/evolve.ts';
import type { Change } from '../../projections/projection.ts';
import type { Snapshot } from '../ports/event-store.ts';
import type { Finding } from '../ports/finding.ts';
import type { Storage } from '../ports/storage.ts';
import { snapshotOf } from '../replay/snapshot.ts';

const findingOf = (stored: Snapshot, { after }: Change): readonly Finding[] => {
  const due = snapshotOf(after);
  const at = { streamId: stored.streamId, version: stored.version };
  const place = { collection: 'snapshots', at };
  if (stored.state !== due.state) {
    return [{ ...place, problem: 'its state is not what the events give', expected: due.state, found: stored.state }];
  }
  if (stored.recordedAt === due.recordedAt && stored.stateHash === due.stateHash) return [];
  const words = { expected: due.stateHash, found: stored.stateHash };
  return [{ ...place, problem: 'its hash or its time is not that of its state', ...words }];
};

/** The snapshots among these changes of one stream that are not the account at their version. One of another fold is never used. */
export const checkSnapshots = async (
  { snapshots }: Pick<Storage, 'snapshots'>,
  streamId: StreamId,
  changes: readonly Change[],
): Promise<readonly Finding[]> => {
  const [first, last] = [changes.at(0), changes.at(-1)];
  if (!first || !last) return [];
  const byVersion = new Map(changes.map((change) => [change.event.version, change]));
  const stored = await snapshots.between(streamId, first.event.version - 1, last.event.version);
  return stored
    .filter(({ foldVersion }) => foldVersion === FOLD_VERSION)
    .flatMap((snapshot) => {
      const change = byVersion.get(snapshot.version);
      return change ? findingOf(snapshot, change) : [];
    });
};

/** The snapshots of versions behind the last one of their stream. */
export const snapshotsBeyond = async (
  { snapshots, events }: Pick<Storage, 'snapshots' | 'events'>,
  streamId: StreamId,
  last: number,
): Promise<readonly Finding[]> => {
  const beyond = await snapshots.between(streamId, last, Number.MAX_SAFE_INTEGER);
  const [snapshot] = beyond;
  if (!snapshot) return [];
  // It may have got there meanwhile.
  const [reached] = await events.read(streamId, { after: snapshot.version - 1, limit: 1 });
  if (reached) return [];
  return beyond.map(({ version }) => ({
    collection: 'snapshots',
    at: { streamId, version },
    problem: 'its stream has not reached this version',
    expected: `version ${last} at most`,
    found: `version ${version}`,
  }));
};
