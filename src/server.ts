import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Express } from 'express';
import { answerClientError } from './http/client-error.ts';
import { answerParting } from './http/answer-parting.ts';
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
  /**
   * Lets whoever is connected hear of the end; then takes no more connections, lets running requests end, and gives up on those after
   * `timeout` milliseconds.
   */
  readonly close: (timeout: number) => Promise<void>;
};

// For so long, at most, everything goes on, and each answer closes its connection; and then as long again requests are told to come back.
const NOTICE = 300;

const isConnected = (server: Server): Promise<boolean> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count > 0)));

/**
 * Without it, whoever keeps a connection open or has just made one would hear of the end by having a request cut off that is on its way
 * already, and could not know what became of it.
 */
const giveNotice = async (server: Server, timeout: number, part: () => void): Promise<void> => {
  if (!(await isConnected(server))) return;
  const notice = Math.min(NOTICE, timeout / 10);
  await sleep(notice);
  part();
  await sleep(notice);
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
  const take = inTurns(app);
  let isParting = false;
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 },
    (request, response) => (isParting ? answerParting : take)(request, response),
  );
  const close = async (timeout: number): Promise<void> => {
    await giveNotice(server, timeout, () => (isParting = true));
    await closing(server, timeout);
  };
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
      resolve({ url: `http://${name}:${taken}`, close });
    });
  });
};
