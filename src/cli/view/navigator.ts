import type { Storage } from '../../application/ports/storage.ts';
import type { Moment } from '../../application/queries/find-account.ts';
import { queriesOver, type Queries } from '../../application/queries/queries.ts';
import type { Axis } from '../../application/replay/balance-curve.ts';
import { searchHistory } from '../../application/replay/search-history.ts';
import { Timeline } from '../../application/replay/timeline.ts';
import { systemClock } from '../../compose.ts';
import type { AccountId } from '../../domain/account/account-id.ts';
import type { OpenedAccount } from '../../domain/account/account-state.ts';
import { accountRowOf } from '../../projections/accounts/accounts.ts';
import type { Change } from '../../projections/projection.ts';
import type { Intent } from './keys.ts';
import type { ViewState } from './view-state.ts';

type Going = Exclude<Intent['kind'], 'show' | 'give up' | 'quit' | 'interrupt'>;

/** Something to go to. */
export type Way = Extract<Intent, { readonly kind: Going }>;

type Along = Extract<Way, { readonly kind: 'move' | 'end' | 'time' }>;

/** What a search may be stopped by, and whom it tells how far it is. */
export type Trip = { readonly signal: AbortSignal; readonly tell: (message: string) => void };

/** What is different on arrival. */
export type Arrival = Partial<Pick<ViewState, 'axis' | 'change' | 'row' | 'message' | 'searched'>> &
  Pick<ViewState, 'head'>;

const clamp = (version: number, { version: last }: OpenedAccount): number => Math.min(Math.max(version, 1), last);

/** Finds the way through the history of one account: from a state and a wish to the state behind it. Nothing is written. */
export class Navigator {
  readonly #timeline: Timeline;
  readonly #queries: Queries;

  constructor(
    readonly storage: Storage,
    private readonly accountId: AccountId,
  ) {
    this.#timeline = new Timeline(storage, accountId);
    this.#queries = queriesOver(storage, systemClock);
  }

  /** Where a view begins: at the last event, or at the last one by that moment. Undefined where there is nothing to stand on. */
  async start(moment: Moment): Promise<ViewState | undefined> {
    const head = await this.#timeline.accountAt();
    const first = await this.#timeline.changeAt(1);
    const there = await this.#versionAt(moment);
    const change = there === undefined ? undefined : await this.#timeline.changeAt(there);
    if (!head || !first || !change) return undefined;
    const axis = moment.asOf === undefined ? 'recorded' : 'value';
    const row = await this.#rowAt(axis, change);
    const { recordedAt: firstRecordedAt } = first.event;
    return { head, firstRecordedAt, axis, change, row, curve: [], panel: 'chart', scrolled: 0 };
  }

  async #versionAt({ asOf, knownAt, version }: Moment): Promise<number | undefined> {
    if (asOf !== undefined) return this.#byValueDate(asOf);
    if (version !== undefined) return version;
    return (await this.#timeline.accountAt(knownAt === undefined ? {} : { recordedAt: knownAt }))?.version;
  }

  /** What is there behind the way; the message says why one stays. Rejects with BrokenStream, UnknownEventShape, StorageUnavailable. */
  async go(state: ViewState, way: Way, trip: Trip): Promise<Arrival> {
    const axis = way.kind === 'axis' ? otherThan(state.axis) : state.axis;
    const searched = way.kind === 'search' && { searched: way.text };
    let head = await this.#headFor(state, way);
    const version = await this.#versionOn({ ...state, head }, way, trip);
    const change = version === undefined ? undefined : await this.#timeline.changeAt(version);
    if (!change) return { head, ...searched, message: nothingOn(way, trip) };
    if (change.after.version > head.version) head = await this.#head(head);
    return { head, axis, change, row: await this.#rowAt(axis, change), ...searched };
  }

  async #head(before: OpenedAccount): Promise<OpenedAccount> {
    return (await this.#timeline.accountAt()) ?? before;
  }

  /** The account may have moved on: whoever goes to its end, or over it, wants to see that. */
  #headFor({ head, change }: ViewState, way: Way): Promise<OpenedAccount> | OpenedAccount {
    const isOver =
      (way.kind === 'end' && way.direction === 'desc') ||
      (way.kind === 'version' && way.version > head.version) ||
      (way.kind === 'move' && change.event.version + way.by > head.version) ||
      way.kind === 'time';
    return isOver ? this.#head(head) : head;
  }

  async #versionOn(state: ViewState, way: Way, trip: Trip): Promise<number | undefined> {
    const { head, change } = state;
    switch (way.kind) {
      case 'version':
        return way.version <= head.version ? way.version : undefined;
      case 'search':
        return this.#search(state, way, trip);
      case 'axis':
        return change.event.version;
      default:
        return state.axis === 'value' ? this.#alongValueDates(state, way) : this.#asRecorded(state, way);
    }
  }

  async #alongValueDates({ change }: ViewState, way: Along): Promise<number | undefined> {
    if (way.kind === 'time') return this.#byValueDate(way.time);
    if (way.kind === 'end') return this.#timeline.endOf(way.direction);
    return (await this.#timeline.besides(change.event, way.by)) ?? change.event.version;
  }

  async #asRecorded({ head, change }: ViewState, way: Along): Promise<number | undefined> {
    if (way.kind === 'time') return (await this.#timeline.accountAt({ recordedAt: way.time }))?.version;
    if (way.kind === 'end') return way.direction === 'asc' ? 1 : head.version;
    return clamp(change.event.version + way.by, head);
  }

  #byValueDate(asOf: number): Promise<number | undefined> {
    return this.#timeline.endOf('desc', asOf);
  }

  #search({ head, change }: ViewState, { text, direction }: Way & { kind: 'search' }, { signal, tell }: Trip) {
    const search = { text, direction, from: change.event.version, last: head.version };
    const onPage = ({ after }: { readonly after: number }): void =>
      tell(`Searching for ${text} behind version ${after} …  Esc gives it up`);
    return searchHistory(this.storage, this.accountId, search, { signal, onPage });
  }

  #rowAt(axis: Axis, { event, after }: Change): Promise<ViewState['row']> {
    if (axis === 'recorded') return Promise.resolve(accountRowOf(after));
    return this.#queries.findAccount(this.accountId, { asOf: event.effectiveAt });
  }
}

const otherThan = (axis: Axis): Axis => (axis === 'recorded' ? 'value' : 'recorded');

const nothingOn = (way: Way, { signal }: Trip): string => {
  if (way.kind === 'search') return signal.aborted ? 'The search was given up.' : `No event says ${way.text}.`;
  if (way.kind === 'time') return `There is no event by ${new Date(way.time).toISOString()}.`;
  return way.kind === 'version' ? `There is no version ${way.version} yet.` : 'There is no event to stand on.';
};
