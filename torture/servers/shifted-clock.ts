// Loaded into an API process before anything else (`node --import`): its clock is as far off as a file says, and reads the file again
// on SIGUSR2. Only the clock of the calendar: what measures how long something takes cannot jump on a real machine either.
import { readFileSync } from 'node:fs';

const file = process.env.TORTURE_CLOCK_FILE ?? '';
const now = Date.now.bind(Date);
let offset = 0;

const read = (): void => {
  offset = Number(readFileSync(file, 'utf8'));
};

const RealDate = Date;
RealDate.now = () => now() + offset;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget) as object,
  apply: (target) => new target(target.now()).toString(),
});

read();
process.on('SIGUSR2', read);
