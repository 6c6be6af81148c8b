/** What a ledger must never do to its clients, in words that the documents of a run use. */
export type BreachKind =
  | 'missing'
  | 'doubled'
  | 'half-transfer'
  | 'altered'
  | 'refused-but-recorded'
  | 'foreign'
  | 'version-gap'
  | 'balance'
  | 'money'
  | 'answer'
  | 'refusal'
  | 'unreadable';

export type Breach = {
  readonly kind: BreachKind;
  readonly account?: string;
  readonly key?: string;
  readonly eventId?: string;
  readonly detail: string;
};

const KEPT = 1_000;

/** Counts every breach, and keeps the first ones: a ledger that lost everything must not take the client's memory as well. */
export class Breaches {
  readonly #kept: Breach[] = [];
  #count = 0;

  add(breach: Breach): void {
    this.#count += 1;
    if (this.#kept.length < KEPT) this.#kept.push(breach);
  }

  get count(): number {
    return this.#count;
  }

  get kept(): readonly Breach[] {
    return this.#kept;
  }
}
