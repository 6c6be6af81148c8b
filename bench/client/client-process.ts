import { drive } from './drive.ts';
import type { LoadOrder } from './load.ts';

// Carries out one order after another for the process that forked it, and ends with it; so Ctrl-C is left to that one.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (order: LoadOrder) => {
  void drive(order).then((result) => process.send?.(result));
});
process.send?.('ready');
