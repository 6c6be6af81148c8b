import type { RequestListener } from 'node:http';
import { newId } from '../application/new-id.ts';
import { problemByCode, problemOf } from './problem-details.ts';
import { RETRY_AFTER } from './send.ts';

/** Tells a request that comes to a process that is about to end to come again, to whichever is there then: nothing of it is done here. */
export const answerParting: RequestListener = (request, response) => {
  const requestId = newId();
  const body = JSON.stringify(problemOf('UNAVAILABLE', requestId));
  response.setHeaders(
    new Headers({
      ...RETRY_AFTER,
      Connection: 'close',
      'Content-Type': 'application/problem+json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      'X-Request-Id': requestId,
    }),
  );
  response.statusCode = problemByCode.UNAVAILABLE.status;
  // What is not read when the connection is closed would take the answer with it.
  request.resume().once('end', () => response.end(body));
};
