import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

type Closing = { readonly socket: Socket; cleanup: (this: Closing, error: Error) => void };

type Driver = { readonly Connection: { readonly prototype: Closing } };

const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js') as Driver;

/**
 * Where a socket cannot take a command at once, the driver waits for it to drain, and hears of nothing else: an operation whose connection is given up
 * meanwhile, or had just been ended by the other side, would never end, and what waits behind it neither. It wakes up here, and finds the connection
 * closed (ADR 0028).
 */
export const endWritesWithTheirConnections = (): void => {
  const { cleanup } = Connection.prototype;
  Connection.prototype.cleanup = function (error) {
    cleanup.call(this, error);
    // Whoever is still compressing its command has looked already whether the connection is open.
    this.socket.write = () => {
      throw error;
    };
    this.socket.emit('drain');
  };
};
