import { type AccessEntry, accessLogRowOf, accessLogTable } from '../access/access-log.ts';
import { untilUndisturbed } from '../access/recorded-act.ts';
import type { Answer } from '../commands/command.ts';
import { answerOf, idempotencyKeysTable, keyIdOf } from '../commit/claims.ts';
import type { Outcome } from '../commit/decide-batch.ts';
import { type AccountId, streamIdOf } from '../../domain/account/account-id.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import type { RowWrite } from '../ports/table.ts';
import { latestRebuild } from './latest-rebuild.ts';
import { isUnderWay, type RebuildRow, type RebuildStatus, rebuildsTable } from './rebuild-row.ts';

/** A rebuild cannot be begun, or changed like that. */
export class RebuildRefused extends Error {
  override readonly name = 'RebuildRefused';

  constructor(
    readonly code: 'REBUILD_NOT_FOUND' | 'REBUILD_UNDER_WAY' | 'REBUILD_NOT_COMPARED' | 'REBUILD_ENDED',
    readonly rebuildId: string,
    readonly status?: RebuildStatus,
  ) {
    super(code);
  }
}

/** Who does it, from where, and under which key: the same key and the same request are answered the same. */
export type RebuildAct = Omit<AccessEntry, 'outcome' | 'about'> & {
  readonly idempotency: { readonly key: string; readonly requestHash: string };
  /** The answer to it, which is kept with the key. */
  readonly wording: (row: RebuildRow) => Answer;
};

type Writes = {
  readonly row: RebuildRow;
  readonly writes: readonly Extract<RowWrite<RebuildRow>, { kind: 'insert' | 'swap' }>[];
};

/** Somebody else changes the same rebuild at the same time so often at most. */
const ATTEMPTS = 20;

const nothingYet = { events: 0, ofEvents: 0, accounts: 0, rows: 0 };

/**
 * Takes what administrators ask of rebuilds, in whichever process: a process that commits carries it out. Rejects with LedgerError where
 * a transaction failed: CONCURRENCY_CONFLICT, OUTCOME_UNKNOWN; with IDEMPOTENCY_KEY_REUSED before anything else; and with
 * StorageUnavailable.
 */
export class RebuildDesk {
  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
    private readonly keepKeysFor: number,
  ) {}

  /**
   * Asks for a rebuild of all accounts, or of one. A comparison that nobody has used is given up. Rejects with ACCOUNT_NOT_FOUND,
   * REBUILD_UNDER_WAY, in this order.
   */
  begin(accountId: AccountId | undefined, act: RebuildAct): Promise<Outcome> {
    return this.#carryOut(act, async () => {
      await this.#mustExist(accountId);
      const last = await latestRebuild(this.storage);
      if (last && isUnderWay(last)) throw new RebuildRefused('REBUILD_UNDER_WAY', last._id, last.status);
      const number = (last?.number ?? 0) + 1;
      const row: RebuildRow = {
        _id: String(number),
        number,
        status: 'waiting',
        requestedBy: act.actor,
        requestedAt: new Date(this.clock.now()),
        beat: 1,
        progress: nothingYet,
        ...(accountId !== undefined && { accountId }),
      };
      const givenUp = last?.status === 'compared' ? [this.#cancellation(last, act)] : [];
      return { row, writes: [{ kind: 'insert', row }, ...givenUp] };
    });
  }

  /** Ends it wherever it is; what a switch has mended by then stays mended. Rejects with REBUILD_NOT_FOUND, REBUILD_ENDED, in this order. */
  cancel(rebuildId: string, act: RebuildAct): Promise<Outcome> {
    return this.#carryOut(act, async () => {
      const found = await this.find(rebuildId);
      if (found.status === 'cancelled') return { row: found, writes: [] };
      if (!isUnderWay(found) && found.status !== 'compared')
        throw new RebuildRefused('REBUILD_ENDED', rebuildId, found.status);
      const cancellation = this.#cancellation(found, act);
      return { row: cancellation.row, writes: [cancellation] };
    });
  }

  /** Puts what the events say in place of what differs. Rejects with REBUILD_NOT_FOUND, REBUILD_NOT_COMPARED, in this order. */
  switchOver(rebuildId: string, act: RebuildAct): Promise<Outcome> {
    return this.#carryOut(act, async () => {
      const found = await this.find(rebuildId);
      const { status, comparison } = found;
      if (status !== 'compared' || !comparison) throw new RebuildRefused('REBUILD_NOT_COMPARED', rebuildId, status);
      const { runner: _whoBuiltIt, finishedAt, ...rest } = found;
      const asked = { ...rest, switchedBy: act.actor, beat: found.beat + 1 };
      // Where nothing differed there is nothing to be done, and no shadow to do it with.
      const isDone = comparison.differences === 0;
      const row: RebuildRow = isDone
        ? { ...asked, status: 'switched', mended: 0, ...(finishedAt && { finishedAt }) }
        : { ...asked, status: 'switching' };
      return { row, writes: [{ kind: 'swap', found, row }] };
    });
  }

  /** Rejects with REBUILD_NOT_FOUND. */
  async find(rebuildId: string): Promise<RebuildRow> {
    const row = await this.storage.table(rebuildsTable).get(rebuildId);
    if (!row) throw new RebuildRefused('REBUILD_NOT_FOUND', rebuildId);
    return row;
  }

  /** The latest first, behind this number. */
  list({ limit, after }: { readonly limit: number; readonly after?: number }): Promise<readonly RebuildRow[]> {
    const page = { limit, ...(after !== undefined && { after: [after] }) };
    return this.storage.table(rebuildsTable).range({ order: ['number'], direction: 'desc', ...page });
  }

  async #mustExist(accountId: AccountId | undefined): Promise<void> {
    if (accountId === undefined) return;
    const [first] = await this.storage.events.read(streamIdOf(accountId), { after: 0, limit: 1 });
    if (!first) throw new DomainError('ACCOUNT_NOT_FOUND', { accountId });
  }

  #cancellation(found: RebuildRow, { actor }: RebuildAct) {
    const finishedAt = new Date(this.clock.now());
    const row: RebuildRow = {
      ...found,
      status: 'cancelled',
      cancelledBy: actor,
      beat: found.beat + 1,
      finishedAt,
    };
    return { kind: 'swap' as const, found, row };
  }

  #carryOut(act: RebuildAct, decide: () => Promise<Writes>): Promise<Outcome> {
    return untilUndisturbed(async () => {
      const [decision] = await Promise.allSettled([decide()]);
      // Behind the decision: the same request may just have been carried out, and what it did is no reason to refuse it.
      const earlier = await this.#earlierAnswer(act);
      if (earlier) return { answer: earlier, replayed: true };
      if (decision.status === 'rejected') throw decision.reason;
      return { answer: await this.#write(decision.value, act), replayed: false };
    }, ATTEMPTS);
  }

  async #earlierAnswer(act: RebuildAct): Promise<Answer | undefined> {
    const row = await this.storage.table(idempotencyKeysTable).get(keyIdOf(act.actor, act.idempotency.key));
    if (row && row.requestHash !== act.idempotency.requestHash) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
    return row && answerOf(row);
  }

  /** The act, that it was done, and the answer to it: all of them, or none. */
  async #write({ row, writes }: Writes, act: RebuildAct): Promise<Answer> {
    const { idempotency, wording, ...who } = act;
    const answer = wording(row);
    const now = this.clock.now();
    const done = accessLogRowOf({ ...who, outcome: 'done', about: row._id }, new Date(now));
    const { requestHash } = idempotency;
    const expiresAt = new Date(now + this.keepKeysFor);
    const key = { _id: keyIdOf(act.actor, idempotency.key), requestHash, ...answer, eventIds: [], expiresAt };
    await this.storage.transactionally(async (work) => {
      for (const write of writes) await this.storage.table(rebuildsTable).write(work, [write]);
      await this.storage.table(accessLogTable).write(work, [{ kind: 'insert', row: done }]);
      await this.storage.table(idempotencyKeysTable).write(work, [{ kind: 'insert', row: key }]);
    });
    return answer;
  }
}
