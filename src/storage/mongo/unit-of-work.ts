import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSession, Connection, mongo } from 'mongoose';
import type { Transactionally, UnitOfWork } from '../../application/ports/unit-of-work.ts';
import { isOutcomeUnknown, translate, translateCommit } from './mongo-errors.ts';

/** The session of an open transaction. Every write takes a unit of work, so none can forget its session. */
export const sessionOf = (work: UnitOfWork): ClientSession => work as unknown as ClientSession;

// Set on the transaction: what is set lower down, on the connection or an operation, does not count inside one.
const concerns: mongo.TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
};

const runBody = async <T>(session: ClientSession, body: (work: UnitOfWork) => Promise<T>): Promise<T> => {
  try {
    return await body(session as unknown as UnitOfWork);
  } catch (error) {
    // The reason for the abort is what the caller needs; that the abort failed too would only hide it.
    await session.abortTransaction().catch(() => undefined);
    throw translate(error);
  }
};

// A server that cannot say now will not be able to a millisecond later either, and asking costs it.
const PAUSE = 20;

/** Until a moment on the clock that never jumps. Asks again while nobody knows whether the transaction was committed: the server remembers, and answers the same. */
const commit = async (session: ClientSession, deadline: number): Promise<void> => {
  for (;;) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (!isOutcomeUnknown(error) || performance.now() > deadline) throw translateCommit(error);
      await sleep(PAUSE);
    }
  }
};

/**
 * Mongoose transactions: snapshot reads, majority and journaled writes. Begun, committed and given up here and not in the driver's
 * `withTransaction`, which goes on for up to two minutes whatever the caller's deadline (ADR 0004).
 */
export const mongoTransactions =
  (connection: Connection, timeout: number): Transactionally =>
  async (body) => {
    const session = await connection.startSession().catch((error: unknown) => {
      throw translate(error);
    });
    try {
      session.startTransaction(concerns);
      const result = await runBody(session, body);
      await commit(session, performance.now() + timeout);
      return result;
    } finally {
      void session.endSession().catch(() => undefined);
    }
  };
