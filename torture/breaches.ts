/** What a ledger must not do to its clients. */
export type BreachKind =
  | 'answer'
  | 'silence'
  | 'process-ended'
  | 'unsettled'
  | 'different-answers'
  | 'missing'
  | 'doubled'
  | 'altered'
  | 'refused-but-recorded'
  | 'foreign'
  | 'order'
  | 'stale-read'
  | 'wrong-read'
  | 'wrong-refusal'
  | 'below-limit'
  | 'over-reversed'
  | 'bank-total'
  | 'trial-balance'
  | 'journal'
  | 'verify'
  | 'slow-recovery';

export type Breach = { readonly kind: BreachKind; readonly detail: string };

const KEPT = 100;

/** Counts all of them, and keeps the first ones. */
export class Breaches {
  readonly #kept: Breach[] = [];
  #count = 0;

  constructor(private readonly report: (line: string) => void = () => undefined) {}

  add(kind: BreachKind, detail: string): void {
    this.#count += 1;
    if (this.#kept.length >= KEPT) return;
    this.#kept.push({ kind, detail });
    this.report(`BREACH ${kind}: ${detail}`);
  }

  get count(): number {
    return this.#count;
  }

  get kept(): readonly Breach[] {
    return this.#kept;
  }
}
