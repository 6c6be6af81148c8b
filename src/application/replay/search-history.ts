import type { RecordedEvent } from '../../domain/account/account-event.ts';
import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import type { Storage } from '../ports/storage.ts';

export type Search = {
  readonly text: string;
  /** The version that one stands on: it is looked at last. */
  readonly from: number;
  readonly direction: 'forward' | 'backward';
  /** The last version there is. */
  readonly last: number;
};

type Versions = { readonly after: number; readonly upTo: number };

const PAGE = 1_000;

const eventId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const wordOf = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : (value as string | bigint).toString();

/** Whatever is said of an event: its type, its id, and everything in it, whichever type it is of. */
const textOf = ({ type, eventId, data, metadata }: RecordedEvent): string =>
  [type, eventId, ...Object.values(data), ...Object.values(metadata)].map(wordOf).join('\n').toLowerCase();

/** The whole history in pages, from where one stands and once around. */
function* pagesAround({ from, direction, last }: Search): Generator<Versions> {
  if (direction === 'forward') {
    for (const { after, upTo } of [
      { after: from, upTo: last },
      { after: 0, upTo: from },
    ]) {
      for (let start = after; start < upTo; start += PAGE) yield { after: start, upTo: Math.min(start + PAGE, upTo) };
    }
    return;
  }
  for (const { after, upTo } of [
    { after: 0, upTo: from - 1 },
    { after: from - 1, upTo: last },
  ]) {
    for (let end = upTo; end > after; end -= PAGE) yield { after: Math.max(end - PAGE, after), upTo: end };
  }
}

/**
 * The version of the next event in which the text stands, in whatever case; undefined where there is none, or the search was given
 * up. An event that its whole id names is looked up; anything else is searched for, a page of events at a time.
 */
export const searchHistory = async (
  storage: Storage,
  accountId: AccountId,
  search: Search,
  { signal, onPage }: { readonly signal: AbortSignal; readonly onPage: (page: Versions) => void },
): Promise<number | undefined> => {
  const streamId = streamIdOf(accountId);
  const wanted = search.text.toLowerCase();
  const named = eventId.test(wanted) ? await storage.events.get(wanted as EventId) : undefined;
  if (named?.streamId === streamId) return named.version;
  for (const page of pagesAround(search)) {
    if (signal.aborted) return undefined;
    onPage(page);
    const events = await storage.events.read(streamId, { ...page, limit: PAGE });
    const isIt = (event: RecordedEvent): boolean => textOf(event).includes(wanted);
    const found = search.direction === 'forward' ? events.find(isIt) : events.findLast(isIt);
    if (found) return found.version;
  }
  return undefined;
};
