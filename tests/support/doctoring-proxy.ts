import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type ProxiedRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
};

export type ProxiedReply = {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
};

/** Answers a request with the server's help, or without; undefined cuts the connection. */
export type Doctor = (
  request: ProxiedRequest,
  forward: (request: ProxiedRequest) => Promise<ProxiedReply>,
) => Promise<ProxiedReply | undefined>;

export type DoctoringProxy = { readonly url: string; readonly close: () => Promise<void> };

const forwardTo =
  (target: string) =>
  async ({ method, path, headers, body }: ProxiedRequest): Promise<ProxiedReply> => {
    const init = { method, headers, ...(method === 'POST' && { body }) };
    const response = await fetch(`${target}${path}`, init);
    const replayed = response.headers.get('idempotency-replayed');
    return {
      status: response.status,
      body: await response.text(),
      ...(replayed !== null && { headers: { 'Idempotency-Replayed': replayed } }),
    };
  };

const requestOf = async (request: IncomingMessage): Promise<ProxiedRequest> => {
  const kept = ['idempotency-key', 'content-type', 'authorization'];
  const headers = kept.flatMap((name) => {
    const value = request.headers[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: Object.fromEntries(headers),
    body: await text(request),
  };
};

/** A server between client and API that may lie to the client, forget what it was told, or say it twice. */
export const startDoctoringProxy = async (target: string, doctor: Doctor): Promise<DoctoringProxy> => {
  const forward = forwardTo(target);
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reply = await doctor(await requestOf(incoming), forward);
    if (reply) response.writeHead(reply.status, reply.headers).end(reply.body);
    else incoming.socket.destroy();
  };
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Does something to one request only: the n-th of those that fit, from 1. Everything else goes through. */
export const onlyThe = (n: number, fits: (request: ProxiedRequest) => boolean, doctor: Doctor): Doctor => {
  let seen = 0;
  return async (request, forward) => {
    if (!fits(request)) return forward(request);
    seen += 1;
    return seen === n ? doctor(request, forward) : forward(request);
  };
};

/** The answer that an API gives to a deposit, invented. */
export const inventedReceipt = (): ProxiedReply => ({ status: 201, body: JSON.stringify({ eventId: randomUUID() }) });
