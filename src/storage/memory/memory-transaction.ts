import type { Transactionally, UnitOfWork } from '../../application/ports/unit-of-work.ts';

/** A write that waits for its transaction: asked first whether it may happen, then made to happen. */
export type StagedWrite = { readonly check: () => void; readonly apply: () => void };

class MemoryUnitOfWork {
  readonly writes: StagedWrite[] = [];
}

export const stage = (work: UnitOfWork, write: StagedWrite): void => {
  (work as unknown as MemoryUnitOfWork).writes.push(write);
};

/** All staged writes, or none: nothing else runs between the first check and the last write. */
export const memoryTransactions: Transactionally = async (body) => {
  const work = new MemoryUnitOfWork();
  const result = await body(work as unknown as UnitOfWork);
  for (const write of work.writes) write.check();
  for (const write of work.writes) write.apply();
  return result;
};
