import { OutcomeUnknown, StorageUnavailable, VersionConflict } from '../src/application/ports/storage-errors.ts';
import { ResumeTokenLost } from '../src/application/ports/event-feed.ts';
import type { CallKind, Fate, Fates, Outcome } from './fates.ts';
import { partyNamed, type Party, type World } from './world.ts';

/** The transaction has to begin again. */
export class BeginAgain extends Error {
  override readonly name = 'BeginAgain';
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

const errors: Partial<Readonly<Record<Outcome, () => Error>>> = {
  unavailable: () => new StorageUnavailable('simulated: the store cannot be reached'),
  'unknown, not done': () => new OutcomeUnknown('simulated: the store stopped answering before it committed'),
  conflict: () => new VersionConflict('simulated: somebody else was faster'),
  again: () => new BeginAgain(),
  'token lost': () => new ResumeTokenLost('simulated: the token is forgotten'),
};

// A write that is a transaction of its own is tried again by whoever finds that it is not there.
const unheard = (): Error => new StorageUnavailable('simulated: the answer was lost');

/** Where calls are carried out that are on their way, whether or not who sent them is still there. */
const store = partyNamed('store');

/** Counts the calls of all processes of one world. */
export type CallCount = { made: number };

export type Caller = {
  readonly world: World;
  readonly party: Party;
  readonly fates: Fates;
  readonly count: CallCount;
  /** Ends the process here and now. */
  readonly crash: () => void;
};

type Settle<T> = { readonly resolve: (value: T) => void; readonly reject: (error: unknown) => void };

/** The way of one process to its storage, on which each call has a fate. */
export class StorageLine {
  constructor(private readonly caller: Caller) {}

  /** What stands between the process and `act`, which is what the store does. */
  call<T>(kind: CallKind, what: string, act: () => Promise<T>): Promise<T> {
    const fate = this.fateOf(kind, what);
    if (!fate) return never();
    return new Promise((resolve, reject) => this.#send(what, fate, act, { resolve, reject }));
  }

  /** The fate of the next call; undefined where the process is not there any more to make it. */
  fateOf(kind: CallKind, what: string): Fate | undefined {
    const { world, party, fates, count, crash } = this.caller;
    if (!party.isAlive) return undefined;
    const fate = fates({ number: (count.made += 1), process: party.name, kind, what });
    if (fate.outcome !== 'done') world.note(`${what}: ${fate.outcome}`);
    if (fate.outcome === 'crash before' || fate.outcome === 'crash on the way') crash();
    return fate.outcome === 'crash before' ? undefined : fate;
  }

  /** Resolves when a call with this fate has come to the store. Rejects where it does nothing there. */
  arrival(what: string, { outcome, there }: Fate): Promise<void> {
    const error = errors[outcome]?.();
    return new Promise((resolve, reject) => {
      this.caller.world.arrange(store, there, what, () => (error ? reject(error) : resolve()));
    });
  }

  /** Brings the answer back to the process, as far as there is one and it is still there. */
  answer<T>(what: string, { outcome, back }: Fate, settle: Settle<T>, lost: () => Error = unheard): Settle<T> {
    const { world, party, crash } = this.caller;
    const bring = (happen: () => void): void => {
      if (outcome === 'crash after') crash();
      else world.arrange(party, back, `${what} answered`, happen);
    };
    return {
      resolve: (value) => bring(() => (outcome === 'answer lost' ? settle.reject(lost()) : settle.resolve(value))),
      reject: (error) => bring(() => settle.reject(error)),
    };
  }

  #send<T>(what: string, fate: Fate, act: () => Promise<T>, settle: Settle<T>): void {
    const { resolve, reject } = this.answer(what, fate, settle);
    this.arrival(what, fate).then(act).then(resolve, reject);
  }
}
