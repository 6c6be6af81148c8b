import type { Outcome } from '../../application/commit/decide-batch.ts';
import type { Wish } from '../../application/commands/command.ts';
import { envelopeOf } from '../claim.ts';
import type { Call, Services } from '../endpoint.ts';
import { etagOf, type Json } from '../presenters/wire.ts';
import { send, sendFound } from '../send.ts';

/** Submits the wish of a request and sends the answer that was stored with it. */
export const submit = async (
  services: Services,
  call: Pick<Call<never, never, never>, 'request' | 'response' | 'rawBody' | 'idempotencyKey'>,
  wish: Wish,
  details: Parameters<typeof envelopeOf>[2] = {},
): Promise<void> => {
  const outcome = await services.ledger.submit({ wish, envelope: envelopeOf(services, call, details) });
  sendOutcome(call.response, outcome);
};

const sendOutcome = (response: Call<never, never, never>['response'], { answer, replayed }: Outcome): void => {
  const { status, body, etag, location } = answer;
  const headers = {
    ...(etag !== undefined && { ETag: etag }),
    ...(location !== undefined && { Location: location }),
    ...(replayed && { 'Idempotency-Replayed': 'true' }),
  };
  send(response, { status, type: 'application/json', body, headers });
};

/** Sends what a query found; with a version, as its ETag. */
export const sendJson = (response: Call<never, never, never>['response'], body: Json, version?: number): void => {
  const headers = version === undefined ? {} : { ETag: etagOf(version) };
  sendFound(response, 'application/json', JSON.stringify(body), headers);
};
