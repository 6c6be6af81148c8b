import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountId } from '../../domain/account/account-id.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { EventId } from '../../domain/event/event-id.ts';
import type { HoldId } from '../../domain/hold/hold-id.ts';
import { type HoldRow, holdsTable } from '../../projections/holds/holds.ts';
import type { Ledger } from '../ledger.ts';
import { newId } from '../new-id.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ReadModels } from '../ports/storage.ts';

export type SweeperParts = {
  readonly storage: ReadModels;
  readonly ledger: Pick<Ledger, 'submit'>;
  readonly clock: Clock;
  readonly log: Log;
};

// One look at a small index: a hold that is due waits about so long, and nobody can capture it meanwhile.
const PAUSE = 1_000;

// So many are in the ledger's queue at a time: those that wait for an answer are not to wait behind all that are due.
const AT_ONCE = 100;

/**
 * Ends the holds whose time has come, through the door that every command takes. It keeps nothing in mind between two rounds: what a
 * killed process has left is due for the next one. Any number of them may run on one ledger, for a hold ends once, whoever asks.
 */
export class HoldSweeper {
  constructor(private readonly parts: SweeperParts) {}

  /** Until the signal is given; by its end all that was submitted has its outcome. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#sweep(signal).catch((error: unknown) => this.#say(error));
      await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Every hold that is due, the one that has been longest first. One that cannot be ended keeps no other from it. */
  async #sweep(signal: AbortSignal): Promise<void> {
    let due: readonly HoldRow[];
    let last: HoldRow | undefined;
    do {
      due = await this.#dueBehind(last);
      const ended = await Promise.allSettled(due.map((hold) => this.#expire(hold)));
      const failed = ended.find((one) => one.status === 'rejected');
      if (failed) this.#say(failed.reason);
      last = due.at(-1);
    } while (due.length === AT_ONCE && !signal.aborted);
  }

  #dueBehind(last: HoldRow | undefined): Promise<readonly HoldRow[]> {
    return this.parts.storage.table(holdsTable).range({
      where: { status: 'placed' },
      bounds: { expiresAt: { lte: new Date(this.parts.clock.now()) } },
      order: ['expiresAt', '_id'],
      limit: AT_ONCE,
      ...(last?.expiresAt && { after: [last.expiresAt, last._id] }),
    });
  }

  async #expire({ accountId, holdId }: HoldRow): Promise<void> {
    const named = { accountId: accountId as AccountId, holdId: holdId as HoldId };
    const eventIds = [newId() as EventId, newId() as EventId] as const;
    const envelope = { correlationId: newId(), actor: 'daybook', eventIds };
    try {
      await this.parts.ledger.submit({ wish: { type: 'ExpireHold', ...named }, envelope });
    } catch (error) {
      // Somebody else was faster, in another process or with a capture that came in time.
      if (!(error instanceof DomainError)) throw error;
    }
  }

  #say(error: unknown): void {
    this.parts.log.error({ err: error, again: PAUSE }, 'a hold that is due cannot be ended now: trying again');
  }
}
