import { accountIdOf, type StreamId } from '../../domain/account/account-id.ts';
import type { Finding } from '../ports/finding.ts';
import type { Log } from '../ports/log.ts';
import { NO_EVENT } from '../verify/row-findings.ts';
import type { AuditState, Drift } from './audit-row.ts';
import { DriftList } from './drift-list.ts';

/** What was found: the first of it, and how much it was. */
export type Found = { readonly first: readonly Finding[]; readonly count: number };

const driftOf = ({ collection, at, problem, fields = [] }: Finding): Drift => ({
  readModel: collection,
  accountId: at.accountId ?? accountIdOf((at.streamId ?? '') as StreamId),
  ...(at.version !== undefined && { version: at.version }),
  ...(at.row !== undefined && { row: at.row }),
  fields,
  problem,
});

/** Says of each place that is wrong once that it is, and keeps it until it is found mended. */
export class Alarm {
  readonly #drift: DriftList;
  #pass: number;
  #more: number;
  #moreBefore: number;

  constructor(
    private readonly log: Log,
    { drift, pass, more, moreBefore }: AuditState,
  ) {
    this.#drift = new DriftList(drift);
    this.#pass = pass;
    this.#more = more;
    this.#moreBefore = moreBefore;
  }

  get known(): Pick<AuditState, 'pass' | 'drift' | 'more' | 'moreBefore'> {
    return { pass: this.#pass, drift: this.#drift.all, more: this.#more, moreBefore: this.#moreBefore };
  }

  /** Whether all of it has been said. */
  knows({ first }: Found): boolean {
    return first.every((finding) => this.#drift.knows(driftOf(finding)));
  }

  /** Takes what is wrong. True where something of it is new. */
  hear(found: Found): boolean {
    const isNews = !this.knows(found);
    this.#more += found.count - found.first.length;
    for (const finding of found.first) {
      const drift = driftOf(finding);
      const isKnown = this.#drift.knows(drift);
      if (!this.#drift.keep(drift, this.#pass)) this.#more += 1;
      else if (!isKnown) this.#say(drift, finding);
    }
    return isNews;
  }

  /** Takes all that is wrong with one account: what was known of it, and is not among that, is mended. True where there is news. */
  hearOf(accountId: string, found: Found): boolean {
    const isNews = this.hear(found);
    const isMended = this.#forget((drift) => drift.accountId === accountId && drift.problem !== NO_EVENT);
    return isNews || isMended;
  }

  /** What was not found any more in this walk is mended. */
  endPass(): void {
    this.#forget(() => true);
    if (this.#more > 0) this.log.error({ more: this.#more }, 'the audit has found more places than it lists');
    this.#pass += 1;
    this.#moreBefore = this.#more;
    this.#more = 0;
  }

  #forget(isAbout: (drift: Drift) => boolean): boolean {
    const mended = this.#drift.forget((drift) => drift.pass < this.#pass && isAbout(drift));
    if (mended > 0) this.log.info({ mended }, 'places that the audit had found wrong are right again');
    return mended > 0;
  }

  #say(drift: Drift, { expected, found }: Finding): void {
    // A snapshot is the account with everything in it.
    const values = drift.readModel === 'snapshots' ? {} : { expected, found };
    this.log.error({ ...drift, ...values }, 'the audit has found what the events do not give');
  }
}
