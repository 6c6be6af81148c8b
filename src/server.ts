import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { answerClientError } from './http/client-error.ts';
import { inTurns } from './http/turns.ts';

/** The address cannot be listened on; the message says why and what to do. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

const sentences: Readonly<Record<string, (place: string) => string>> = {
  EADDRINUSE: (place) => `${place} is in use by another program. Stop it, or set PORT to another port.`,
  EACCES: (place) => `${place} may not be used by this user. Set PORT to one above 1023.`,
  EADDRNOTAVAIL: (place) => `${place} is not an address of this machine. Set HOST to one that is.`,
  ENOTFOUND: (place) => `${place} is not an address of this machine. Set HOST to one that is.`,
};

export type RunningServer = {
  readonly url: string;
  /** Takes no more connections, lets running requests end, and gives up on those after `timeout` milliseconds. */
  readonly close: (timeout: number) => Promise<void>;
};

const closing = async (server: Server, timeout: number): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A keep-alive connection that falls idle only now would hold the server open for seconds.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const giveUp = setTimeout(() => server.closeAllConnections(), timeout);
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  clearTimeout(giveUp);
};

/** Listens, with time limits that a slow client cannot stretch. Rejects with CannotListen. */
export const listen = (app: Express, host: string, port: number): Promise<RunningServer> => {
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 },
    inTurns(app),
  );
  server.on('clientError', answerClientError);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const sentence =
        sentences[error.code ?? '']?.(`${host}:${port}`) ?? `Cannot listen on ${host}:${port}: ${error.message}`;
      reject(new CannotListen(sentence, { cause: error }));
    });
    server.listen(port, host, () => {
      const { address, port: taken, family } = server.address() as AddressInfo;
      const isAny = address === '0.0.0.0' || address === '::';
      const name = isAny ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
      resolve({ url: `http://${name}:${taken}`, close: (timeout) => closing(server, timeout) });
    });
  });
};
