import type { Transactionally, UnitOfWork } from '../../application/ports/unit-of-work.ts';

/** A write that waits for its transaction: asked first whether it may happen, then made to happen. */
export type StagedWrite = {
  /** What it goes to. */
  readonly store: object;
  /** Told which ids and versions of the store the transaction takes already; adds its own. Throws VersionConflict. */
  readonly check: (taken: Set<string>) => void;
  readonly apply: () => void;
};

class MemoryUnitOfWork {
  readonly writes: StagedWrite[] = [];
}

export const stage = (work: UnitOfWork, write: StagedWrite): void => {
  (work as unknown as MemoryUnitOfWork).writes.push(write);
};

const checkAll = (writes: readonly StagedWrite[]): void => {
  const takenIn = new Map<object, Set<string>>();
  for (const { store, check } of writes) {
    const taken = takenIn.get(store) ?? new Set();
    takenIn.set(store, taken);
    check(taken);
  }
};

/** All staged writes, or none: nothing else runs between the first check and the last write. */
export const memoryTransactions: Transactionally = async (body) => {
  const work = new MemoryUnitOfWork();
  const result = await body(work as unknown as UnitOfWork);
  checkAll(work.writes);
  for (const write of work.writes) write.apply();
  return result;
};
