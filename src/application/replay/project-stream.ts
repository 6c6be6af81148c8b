import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { type Account, isOpened, versionOf } from '../../domain/account/account-state.ts';
import { evolve } from '../../domain/account/evolve.ts';
import type { Change } from '../../projections/projection.ts';
import { BrokenStream } from './account-history.ts';

/** What each of these events did to the account, one after the other. Rejects with BrokenStream where a version is missing. */
export const changesOf = (start: Account, events: readonly RecordedEvent[]): readonly Change[] => {
  let before = start;
  return events.map((event) => {
    const after = evolve(before, event);
    if (event.version !== versionOf(before) + 1 || !isOpened(after)) {
      throw new BrokenStream(`${event.streamId} has version ${event.version} where ${versionOf(before) + 1} is due`);
    }
    const change = { event, before, after };
    before = after;
    return change;
  });
};
