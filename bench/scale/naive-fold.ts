import type { Db } from 'mongodb';

/** A moment as it is asked for: all in milliseconds since 1970. */
export type AskedMoment = { readonly asOf?: number; readonly knownAt?: number; readonly version?: number };

type Stored = {
  readonly type: string;
  readonly data: { readonly amount?: bigint };
  readonly recordedAt: Date;
  readonly effectiveAt: Date;
};

const credits = new Set(['MoneyDeposited', 'TransferReceived']);

/** All events of an account as plain numbers, and every question answered by going through all of them. */
export class NaiveFold {
  readonly #recorded: Float64Array;
  readonly #effective: Float64Array;
  readonly #amounts: Float64Array;

  private constructor(readonly events: number) {
    this.#recorded = new Float64Array(events);
    this.#effective = new Float64Array(events);
    this.#amounts = new Float64Array(events);
  }

  static async of(database: Db, accountId: string): Promise<NaiveFold> {
    const events = database.collection<Stored>('events');
    const filter = { streamId: `account-${accountId}` } as object;
    const fold = new NaiveFold(await events.countDocuments(filter));
    const projection = { type: 1, 'data.amount': 1, recordedAt: 1, effectiveAt: 1 };
    let place = 0;
    for await (const { type, data, recordedAt, effectiveAt } of events
      .find(filter, { projection })
      .sort({ version: 1 })) {
      const amount = Number(data.amount ?? 0);
      fold.#amounts[place] = credits.has(type) ? amount : -amount;
      fold.#recorded[place] = recordedAt.getTime();
      fold.#effective[place] = effectiveAt.getTime();
      place += 1;
    }
    return fold;
  }

  get first(): number {
    return this.#effective[0] ?? 0;
  }

  get last(): number {
    return this.#recorded[this.events - 1] ?? 0;
  }

  #counts(place: number, { asOf = Infinity, knownAt = Infinity, version = Infinity }: AskedMoment): boolean {
    const isKnown = (this.#recorded[place] ?? 0) <= knownAt && place < version;
    return isKnown && (this.#effective[place] ?? 0) <= asOf;
  }

  versionAt({ knownAt, version }: AskedMoment): number {
    let known = 0;
    const moment = { ...(knownAt !== undefined && { knownAt }), ...(version !== undefined && { version }) };
    for (let place = 0; place < this.events; place += 1) if (this.#counts(place, moment)) known += 1;
    return known;
  }

  balanceAt(moment: AskedMoment): number {
    let balance = 0;
    for (let place = 0; place < this.events; place += 1) {
      if (this.#counts(place, moment)) balance += this.#amounts[place] ?? 0;
    }
    return balance;
  }

  /** Versions and balances of the first booked lines of a statement, by value date. */
  linesAt(moment: AskedMoment, limit: number): readonly { readonly version: number; readonly balanceAfter: number }[] {
    const places: number[] = [];
    for (let place = 0; place < this.events; place += 1) {
      if (this.#counts(place, moment) && this.#amounts[place] !== 0) places.push(place);
    }
    places.sort((left, right) => (this.#effective[left] ?? 0) - (this.#effective[right] ?? 0) || left - right);
    let balance = 0;
    return places.slice(0, limit).map((place) => {
      balance += this.#amounts[place] ?? 0;
      return { version: place + 1, balanceAfter: balance };
    });
  }
}
