import type { Finding } from '../ports/finding.ts';

const MOST_KEPT = 100;

/** What is wrong with a ledger: the first places, and how many there are of each kind. */
export class Findings {
  readonly first: Finding[] = [];
  readonly #counts = new Map<string, number>();

  readonly tell = (finding: Finding): void => {
    if (this.first.length < MOST_KEPT) this.first.push(finding);
    const kind = `${finding.collection}: ${finding.problem}`;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  };

  /** In the order in which the kinds were first seen. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}
