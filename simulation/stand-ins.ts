import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import timers from 'node:timers/promises';
import type { Random } from './random.ts';
import type { VirtualNetwork, VirtualSocket } from './virtual-network.ts';
import type { Appointment, World } from './world.ts';

/** When the world begins, by everybody's wall clock. */
export const BEGINNING = Date.UTC(2026, 2, 15, 12);

/** What setTimeout and its relatives give, as far as it is used. */
class Timer {
  constructor(readonly cancel: () => void) {}

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}

type Callback = (...values: unknown[]) => void;
type Set = (callback: Callback, delay?: number, ...values: unknown[]) => unknown;
type Clear = (timer: unknown) => void;
type Options = { readonly signal?: AbortSignal };

const real = {
  setTimeout: globalThis.setTimeout as unknown as Set,
  setInterval: globalThis.setInterval as unknown as Set,
  setImmediate: globalThis.setImmediate as unknown as (callback: Callback, ...values: unknown[]) => unknown,
  clear: globalThis.clearTimeout as Clear,
  clearImmediate: globalThis.clearImmediate as Clear,
  sleep: timers.setTimeout,
  nextTurn: timers.setImmediate,
  dateNow: Date.now,
  randomInt: crypto.randomInt,
  connect: net.connect as (address: { readonly port: number }) => unknown,
  createServer: net.createServer as (greet: (socket: never) => void) => unknown,
};

const abortError = (): Error => Object.assign(new Error('The operation was aborted'), { name: 'AbortError' });

/** The timers of a world; outside of its moments the real ones, for whoever runs the simulation. */
const timersIn = (world: World) => {
  const arrange = (delay: number, what: string, happen: () => void): Appointment | undefined =>
    world.party && world.arrange(world.party, delay, what, happen);
  const setTimeout: Set = (callback, delay = 1, ...values) => {
    const due = arrange(Math.max(1, delay), 'timer', () => callback(...values));
    return due ? new Timer(() => void (due.isCancelled = true)) : real.setTimeout(callback, delay, ...values);
  };
  const setInterval: Set = (callback, delay = 1, ...values) => {
    let due: Appointment | undefined;
    const next = (): void => {
      due = arrange(Math.max(1, delay), 'interval', () => {
        next();
        callback(...values);
      });
    };
    next();
    if (!due) return real.setInterval(callback, delay, ...values);
    return new Timer(() => {
      if (due) due.isCancelled = true;
    });
  };
  const setImmediate = (callback: Callback, ...values: unknown[]): unknown => {
    const due = arrange(0, 'turn', () => callback(...values));
    return due ? new Timer(() => void (due.isCancelled = true)) : real.setImmediate(callback, ...values);
  };
  const clearWith =
    (clear: Clear): Clear =>
    (timer) =>
      timer instanceof Timer ? timer.cancel() : clear(timer);
  const clear = clearWith(real.clear);
  const clearImmediate = clearWith(real.clearImmediate);
  return { setTimeout, setInterval, setImmediate, clearTimeout: clear, clearInterval: clear, clearImmediate };
};

const promisedIn = (world: World) => {
  const sleep = <T>(delay = 1, value?: T, options: Options = {}): Promise<T | undefined> => {
    const { party } = world;
    if (!party) return real.sleep(delay, value, options);
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(abortError());
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        due.isCancelled = true;
        reject(abortError());
      };
      const due = world.arrange(party, Math.max(1, delay), 'sleep', () => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  };
  const nextTurn = <T>(value?: T): Promise<T | undefined> => {
    const { party } = world;
    if (!party) return real.nextTurn(value);
    return new Promise((resolve) => void world.arrange(party, 0, 'turn', () => resolve(value)));
  };
  return { sleep, nextTurn };
};

/** Connections of a world; outside of its moments the real ones. */
const connectionsIn = (world: World, network: VirtualNetwork) => ({
  connect: (address: { readonly port: number }): unknown =>
    world.party ? network.connect(world.party, address) : real.connect(address),
  createServer: (greet: (socket: VirtualSocket) => void): unknown =>
    world.party ? network.createServer(world.party, greet) : real.createServer(greet),
});

/**
 * Puts the time, the chance and the network of a world in the place of the real ones, at the doors of the runtime and not at those of the ledger:
 * so nothing that the ledger does, today or later, can slip past them. Gives what undoes it.
 */
export const standIn = (world: World, network: VirtualNetwork, random: Random): (() => void) => {
  const { sleep, nextTurn } = promisedIn(world);
  const before = Object.fromEntries(
    Object.keys(timersIn(world)).map((name) => [name, Reflect.get(globalThis, name) as unknown]),
  );
  Object.assign(globalThis, timersIn(world));
  Object.assign(timers, { setTimeout: sleep, setImmediate: nextTurn });
  Object.assign(net, connectionsIn(world, network));
  Object.assign(crypto, { randomInt: (limit: number) => random.whole(0, limit - 1) });
  Date.now = () => BEGINNING + Math.floor(world.now) + (world.party?.clockOffset ?? 0);
  Reflect.set(performance, 'now', () => world.now);
  syncBuiltinESMExports();
  return () => {
    Object.assign(globalThis, before);
    Object.assign(timers, { setTimeout: real.sleep, setImmediate: real.nextTurn });
    Object.assign(crypto, { randomInt: real.randomInt });
    Object.assign(net, { connect: real.connect, createServer: real.createServer });
    Date.now = real.dateNow;
    Reflect.deleteProperty(performance, 'now');
    syncBuiltinESMExports();
  };
};
