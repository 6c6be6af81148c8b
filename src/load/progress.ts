import type { Moment } from './tally.ts';

/** Where progress is shown. On a terminal one line is redrawn; anything else gets a line now and then. */
export type Screen = {
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly write: (text: string) => void;
};

export type Counting = { readonly advance: () => void; readonly stop: () => void };

export type Progress = {
  readonly counting: (what: string, total: number) => Counting;
  readonly live: (duration: number, look: () => Moment) => { readonly stop: () => void };
};

const SECOND = 1_000;
const QUIET_INTERVAL = 5 * SECOND;

const ERASE_LINE = '\r\u001b[2K';

export const milliseconds = (value: number): string => `${value < 100 ? value.toFixed(1) : value.toFixed(0)} ms`;

/** `12 s of 30 s | 4,312/s | p50 6.1 ms | p99 19 ms | 0 errors`, of the last interval but for the errors, which are all so far. */
export const momentLine = (
  { settled, latency, errors }: Moment,
  times: Readonly<Record<'elapsed' | 'duration' | 'interval', number>>,
): string =>
  [
    `${Math.round(times.elapsed / SECOND)} s of ${Math.round(times.duration / SECOND)} s`,
    `${Math.round((settled * SECOND) / times.interval).toLocaleString('en')}/s`,
    `p50 ${milliseconds(latency.p50)}`,
    `p99 ${milliseconds(latency.p99)}`,
    `${errors.toLocaleString('en')} errors`,
  ].join(' | ');

/** Draws a line every interval, and leaves one standing at the end. */
const repeatedly = (screen: Screen, line: () => string, isCompleteAtEnd: boolean): { readonly stop: () => void } => {
  const draw = (): void => {
    if (screen.isTerminal) screen.write(`${ERASE_LINE}${line().slice(0, screen.columns - 1)}`);
    else screen.write(`${line()}\n`);
  };
  const timer = setInterval(draw, screen.isTerminal ? SECOND : QUIET_INTERVAL);
  return {
    stop: () => {
      clearInterval(timer);
      if (isCompleteAtEnd) draw();
      if (screen.isTerminal) screen.write('\n');
    },
  };
};

export const progressOn = (screen: Screen): Progress => ({
  counting: (what, total) => {
    let done = 0;
    const drawn = repeatedly(screen, () => `${what}: ${done} of ${total}`, true);
    return { advance: () => void (done += 1), stop: drawn.stop };
  },
  live: (duration, look) => {
    const start = performance.now();
    let last = start;
    return repeatedly(
      screen,
      () => {
        const now = performance.now();
        const times = { elapsed: now - start, duration, interval: Math.max(1, now - last) };
        last = now;
        return momentLine(look(), times);
      },
      false,
    );
  },
});
