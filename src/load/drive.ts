import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import type { Performer } from './performer.ts';
import { type Lag, LATE_MS, Schedule } from './schedule.ts';

export type Driven = {
  /** Milliseconds in which requests were sent: the whole duration, or until the run was ended early. */
  readonly elapsed: number;
  /** Of an open load: how late its requests were sent, and how many were due and never sent, because the run ended first. */
  readonly lag?: Lag & { readonly unsent: number };
};

// Few enough for the usual limit of 1,024 files of a process.
const OPEN_CONNECTIONS = 500;

// Of a timer at most, so that the end of a slow load is not slept through.
const NAP_MS = 100;

// A server that is gone would otherwise be asked for balances thousands of times a second.
const PAUSE_AFTER_FAILURE_MS = 100;

type Course = { readonly start: number; readonly end: number; readonly signal: AbortSignal };

const isOverIn =
  ({ end, signal }: Course): (() => boolean) =>
  () =>
    signal.aborted || performance.now() >= end;

const driveClosed = async (performer: Performer, workers: number, course: Course): Promise<void> => {
  const isOver = isOverIn(course);
  let next = 0;
  const work = async (): Promise<void> => {
    const connection = new Connection(performer.plan);
    while (!isOver()) {
      const isSettled = await performer.perform(connection, next++, performance.now(), isOver);
      if (!isSettled) await sleep(PAUSE_AFTER_FAILURE_MS);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: workers }, work));
};

const until = async (due: number, isOver: () => boolean): Promise<void> => {
  for (let early = due - performance.now(); early > 0 && !isOver(); early = due - performance.now()) {
    await sleep(Math.min(Math.ceil(early), NAP_MS));
  }
};

const driveOpen = async (performer: Performer, schedule: Schedule, course: Course): Promise<number> => {
  const isOver = isOverIn(course);
  const connections = new Connections(performer.plan, OPEN_CONNECTIONS);
  const inFlight = new Set<Promise<unknown>>();
  let place = 0;
  for (; schedule.dueAt(place) < course.end; place += 1) {
    const due = schedule.dueAt(place);
    await until(due, isOver);
    if (isOver() && (course.signal.aborted || performance.now() - due > LATE_MS)) break;
    const free = connections.take();
    const connection = free instanceof Connection ? free : await free;
    schedule.sent(due, performance.now());
    const performed = performer.perform(connection, place, due, isOver).finally(() => {
      connections.give(connection);
      inFlight.delete(performed);
    });
    inFlight.add(performed);
  }
  await Promise.all(inFlight);
  connections.close();
  return place;
};

/** Carries the load out. Resolves when every request that was sent has its outcome, or was given up. */
export const drive = async (performer: Performer, signal: AbortSignal): Promise<Driven> => {
  const { pacing, duration } = performer.plan;
  const start = performance.now();
  const course = { start, end: start + duration, signal };
  let stopped = course.end;
  signal.addEventListener('abort', () => (stopped = Math.min(stopped, performance.now())), { once: true });
  if (pacing.kind === 'closed') {
    await driveClosed(performer, pacing.workers, course);
    return { elapsed: stopped - start };
  }
  const schedule = new Schedule(start, pacing.perSecond);
  const sent = await driveOpen(performer, schedule, course);
  const unsent = Math.max(0, schedule.countBefore(stopped - LATE_MS) - sent);
  return { elapsed: stopped - start, lag: { ...schedule.summary(), unsent } };
};
