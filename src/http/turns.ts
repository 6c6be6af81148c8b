import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

// An acknowledged batch brings the next requests of all its callers at once. Fewer in a turn cost more turns than they save.
const REQUESTS_A_TURN = 4;

type Waiting = { readonly request: IncomingMessage; readonly response: ServerResponse };

const isReading = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD';

/**
 * The same listener, with a few requests in one turn of the event loop: between turns, what the store has answered is taken up, and a
 * batch on its way does not wait until a crowd of requests is read (ADR 0012). Readers, who wait for nobody, go before writers; one
 * writer goes first in each turn, so that no number of readers holds them up.
 */
export const inTurns = (listener: RequestListener): RequestListener => {
  const readers: Waiting[] = [];
  const writers: Waiting[] = [];
  let isTaking = false;
  const takeTurn = (): void => {
    for (let taken = 0; taken < REQUESTS_A_TURN; taken += 1) {
      const next = taken === 0 ? (writers.shift() ?? readers.shift()) : (readers.shift() ?? writers.shift());
      // Who hung up while waiting is not worked for.
      if (next && !next.request.destroyed) listener(next.request, next.response);
    }
    isTaking = readers.length + writers.length > 0;
    if (isTaking) setImmediate(takeTurn);
  };
  return (request, response) => {
    (isReading(request) ? readers : writers).push({ request, response });
    if (isTaking) return;
    isTaking = true;
    setImmediate(takeTurn);
  };
};
