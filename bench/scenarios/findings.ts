import {
  atLeast,
  atMost,
  below,
  errors,
  latency,
  latencyRatio,
  memoryGrowth,
  throughputRatio,
} from '../report/finding.ts';
import type { Finder, Line } from './scenario.ts';

const connectionsOf = ({ load }: Line): string => `${load.pacing.connections} conns`;

const percentileName = (share: number): string => (share === 0.5 ? 'median' : `p${share * 100}`);

/** What sets the second apart from the first. */
const against = (left: Line, right: Line): string =>
  left.title === right.title ? right.contender.name : `${right.title}, ${right.contender.name}`;

const question = (left: Line, right: Line): string =>
  `${left.title}, ${connectionsOf(left)}, ${left.contender.name}: of ${against(left, right)}`;

/** The throughput of one line as a share of another's. */
export const share =
  (left: Line, right: Line, target?: number): Finder =>
  (of) =>
    throughputRatio(of(left), of(right), {
      what: question(left, right),
      unit: '%',
      ...(target !== undefined && { target: atLeast(target) }),
    });

/** How many times the throughput of another line one has. */
export const times =
  (left: Line, right: Line, target?: number): Finder =>
  (of) =>
    throughputRatio(of(left), of(right), {
      what: question(left, right),
      unit: '×',
      ...(target !== undefined && { target: atLeast(target) }),
    });

/** A percentile of the latency of one line as a multiple of another's. */
export const slower =
  (left: Line, right: Line, { at, target }: { readonly at: number; readonly target?: number }): Finder =>
  (of) =>
    latencyRatio([of(left), of(right)], at, {
      what: `${left.title}, ${left.contender.name}: ${percentileName(at)}, of ${against(left, right)}`,
      unit: '×',
      ...(target !== undefined && { target: atMost(target) }),
    });

/** A percentile of the latency of a line, in milliseconds. */
export const within =
  (line: Line, { at, target }: { readonly at: number; readonly target?: number }): Finder =>
  (of) =>
    latency(of(line), at, {
      what: `${line.title}, ${line.contender.name}: ${percentileName(at)}`,
      ...(target !== undefined && { target: below(target) }),
    });

/** How much more memory the API has after the last round than after the first. */
export const growth =
  (line: Line, target?: number): Finder =>
  (of) =>
    memoryGrowth(of(line), {
      what: `${line.title}, ${line.contender.name}: memory of the API, of that after the first round`,
      ...(target !== undefined && { target: atMost(target) }),
    });

/** Whether every request of a line ended as it should. */
export const clean =
  (line: Line): Finder =>
  (of) =>
    errors(of(line), `${line.title}, ${connectionsOf(line)}, ${line.contender.name}: errors`);
