import type { AuditState, Drift } from './audit-row.ts';

type Kept = AuditState['drift'][number];

const MOST_KEPT = 100;

// A row is the same place, however far its account has come since.
const nameOf = ({ readModel, accountId, version, row, problem }: Drift): string =>
  JSON.stringify([readModel, accountId, row ?? version, problem]);

/** What is known to be wrong: kept until it is found mended, and no more of it than fits into a document. */
export class DriftList {
  readonly #kept: Map<string, Kept>;

  constructor(drift: AuditState['drift']) {
    this.#kept = new Map(drift.map((one) => [nameOf(one), one]));
  }

  get all(): AuditState['drift'] {
    return [...this.#kept.values()];
  }

  knows(drift: Drift): boolean {
    return this.#kept.has(nameOf(drift));
  }

  /** False where there is no place for more. */
  keep(drift: Drift, pass: number): boolean {
    if (!this.knows(drift) && this.#kept.size >= MOST_KEPT) return false;
    this.#kept.set(nameOf(drift), { ...drift, pass });
    return true;
  }

  /** Forgets all that this is true of, and gives how many. */
  forget(isMended: (drift: Kept) => boolean): number {
    const mended = [...this.#kept].filter(([, drift]) => isMended(drift));
    for (const [name] of mended) this.#kept.delete(name);
    return mended.length;
  }
}
