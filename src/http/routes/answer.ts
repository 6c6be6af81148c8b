import type { Response } from 'express';
import type { Outcome } from '../../application/commit/decide-batch.ts';
import { etagOf, type Json } from '../presenters/wire.ts';
import { send, sendFound } from '../send.ts';

/** Sends the answer that was stored with a command. */
export const sendOutcome = (response: Response, { answer, replayed }: Outcome): void => {
  const { status, body, etag, location } = answer;
  const headers = {
    ...(etag !== undefined && { ETag: etag }),
    ...(location !== undefined && { Location: location }),
    ...(replayed && { 'Idempotency-Replayed': 'true' }),
  };
  send(response, { status, type: 'application/json', body, headers });
};

/** Sends what a query found; with a version, as its ETag. */
export const sendJson = (response: Response, body: Json, version?: number): void => {
  const headers = version === undefined ? {} : { ETag: etagOf(version) };
  sendFound(response, 'application/json', JSON.stringify(body), headers);
};
