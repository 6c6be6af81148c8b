import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type SocketPair = { readonly near: Socket; readonly far: Socket; readonly close: () => void };

/** Two ends of one TCP connection. Both hear nothing until they are listened to. */
export const socketPair = async (): Promise<SocketPair> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = await accepted;
  for (const socket of [near, far]) socket.on('error', () => undefined);
  server.close();
  const close = (): void => {
    near.destroy();
    far.destroy();
  };
  return { near, far, close };
};

/** Resolves as soon as it is so; rejects after ten seconds. */
export const until = async (isSo: () => boolean): Promise<void> => {
  for (let waited = 0; !isSo(); waited += 1) {
    if (waited === 10_000) throw new Error(`in vain: ${isSo.toString()}`);
    await sleep(1);
  }
};

export type Relay = {
  readonly port: number;
  /** Takes connections and bytes as before, and hands nothing on: as a server that is stopped. */
  readonly silence: () => void;
  readonly speak: () => void;
  readonly close: () => void;
};

/** Hands connections to 127.0.0.1 on, as long as the test wants it. */
export const relayTo = async (port: number): Promise<Relay> => {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  };
  const join = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => to.write(chunk)).once('close', () => to.destroy());
    if (isSilent) from.pause();
  };
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    join(keep(near), keep(far));
    join(far, near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    silence: () => {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
    speak: () => {
      isSilent = false;
      for (const socket of sockets) socket.resume();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};
