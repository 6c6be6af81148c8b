import { mongo } from 'mongoose';
import {
  OutcomeUnknown,
  StorageForbidden,
  StorageUnavailable,
  VersionConflict,
} from '../../application/ports/storage-errors.ts';

const DUPLICATE_KEY = 11000;
const WRITE_CONFLICT = 112;
const UNAUTHORIZED = 13;

// Server codes that say "not now" or "not here". A change stream may go on, or be opened again, after each of the first line
// (MongoDB's specification of change streams lists them); the second: out of time, transaction gone, cursor ended.
const UNAVAILABLE = new Set([
  ...[6, 7, 43, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436],
  ...[50, 134, 237, 251, 290, 10058],
]);

// The driver does not export these classes.
const poolErrors = new Set(['MongoWaitQueueTimeoutError', 'MongoPoolClosedError']);

// And what it leaves as it came from the socket: a process that was stopped while the connection broke hears of it as it writes.
const socketErrors = new Set([
  ...['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTCONN'],
  ...['ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_WRITE_AFTER_END'],
]);

const isOfSocket = (error: Error): boolean => 'code' in error && socketErrors.has(String(error.code));

const hasLabel = (error: Error, label: string): boolean =>
  error instanceof mongo.MongoError && error.hasErrorLabel(label);

const isConflict = (error: Error): boolean =>
  error instanceof mongo.MongoServerError && (error.code === DUPLICATE_KEY || error.code === WRITE_CONFLICT);

const isForbidden = (error: Error): boolean =>
  error instanceof mongo.MongoServerError && Number(error.code) === UNAUTHORIZED;

// What the driver itself throws when it cannot reach, choose or keep a server, and not when it was called wrongly.
const driverErrors = [
  mongo.MongoNetworkError,
  mongo.MongoServerSelectionError,
  mongo.MongoNotConnectedError,
  mongo.MongoTopologyClosedError,
  mongo.MongoClientClosedError,
  mongo.MongoExpiredSessionError,
];

const isUnavailable = (error: Error): boolean => {
  if (error instanceof mongo.MongoServerError) {
    return UNAVAILABLE.has(Number(error.code)) || hasLabel(error, 'TransientTransactionError');
  }
  return driverErrors.some((kind) => error instanceof kind) || poolErrors.has(error.name) || isOfSocket(error);
};

/** What stopped a bulk: the driver wraps even a broken connection in an error of the server's kind, without code or label. */
const reasonOf = (error: Error): Error => {
  const reason: unknown = error instanceof mongo.MongoBulkWriteError ? error.errorResponse : undefined;
  return reason instanceof Error ? reason : error;
};

/** What an error of the driver means to the ledger; errors that mean a bug stay as they are. */
export const translate = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  const reason = reasonOf(error);
  if (isConflict(reason)) return new VersionConflict(error.message, { cause: error });
  if (isForbidden(reason)) return new StorageForbidden(error.message, { cause: error });
  if (isUnavailable(reason)) return new StorageUnavailable(error.message, { cause: error });
  return error;
};

/** Whether a failed commit may have happened all the same: the server said so, or did not say anything. */
export const isOutcomeUnknown = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (hasLabel(error, 'UnknownTransactionCommitResult')) return true;
  // With this label the server says that nothing was committed.
  return !hasLabel(error, 'TransientTransactionError') && !isConflict(error);
};

/** The same for an error of the commit itself. */
export const translateCommit = (error: unknown): unknown =>
  isOutcomeUnknown(error) ? new OutcomeUnknown((error as Error).message, { cause: error }) : translate(error);

/** Runs a read, in the ledger's words where it fails. Rejects with StorageUnavailable. */
export const reading = async <T>(read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
  } catch (error) {
    throw translate(error);
  }
};
