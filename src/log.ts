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

/** The log of this process, on standard output. */
export const openLog = (level: string): Logger =>
  createLog(level, pino.destination({ sync: false, minLength: AT_ONCE, periodicFlush: 200 }));
