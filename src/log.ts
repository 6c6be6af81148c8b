import { type DestinationStream, type Logger, pino } from 'pino';

// An error of the driver carries the documents it was about, and those are people's money: of an error only this is logged.
const withoutDocuments = (error: unknown): object => {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? { code: error.code } : {};
  return { type: error.name, message: error.message, ...code, stack: error.stack };
};

/** The log: one JSON object a line, written behind the program's back. */
export const createLog = (level: string, destination: DestinationStream): Logger =>
  pino({ level, base: null, serializers: { err: withoutDocuments } }, destination);

// A write of one page is never cut in two by another process that writes to the same pipe.
const AT_ONCE = 3_500;

// Bytes that wait while nothing can be written: lines beyond them are dropped.
const MOST_WAITING = 4_000_000;

/**
 * The log of this process, on standard output. Where that takes nothing, as on a full disk, the process goes on: lines wait for as long as
 * there are not too many.
 */
export const openLog = (level: string, dest = 1): Logger => {
  const how = { sync: false, minLength: AT_ONCE, periodicFlush: 200, maxLength: MOST_WAITING };
  const destination = pino.destination({ dest, ...how });
  let isTaken = true;
  // It is tried again with the next flush.
  destination.on('error', () => (isTaken = false)).on('write', () => (isTaken = true));
  const flushSync = destination.flushSync.bind(destination);
  // At the end of the process, where it would try for ever.
  destination.flushSync = () => {
    if (isTaken) flushSync();
  };
  return createLog(level, destination);
};
