declare const unitOfWork: unique symbol;

/** Proof that a transaction is open. Only `transactionally` hands one out, so no write can slip past it. */
export type UnitOfWork = { readonly [unitOfWork]: true };

/**
 * Runs the body in one transaction: all of its writes, or none. The body may run twice, so it has no effect but its writes.
 * Rejects with VersionConflict, OutcomeUnknown, StorageUnavailable, or with whatever the body threw.
 */
export type Transactionally = <T>(body: (work: UnitOfWork) => Promise<T>) => Promise<T>;
