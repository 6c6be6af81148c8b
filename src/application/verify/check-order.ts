import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Finding } from '../ports/finding.ts';

/** The event before in its stream; version 0 where there is none. */
export type LastEvent = {
  readonly version: number;
  readonly recordedAt?: Instant;
  readonly position?: number | undefined;
};

type Placed = { readonly event: RecordedEvent; readonly position: number | undefined };

type Order = { readonly findings: readonly Finding[]; readonly isWaiting: boolean; readonly isGap: boolean };

const timeText = (moment: Instant): string => new Date(moment).toISOString();

const gapIn = (last: LastEvent, { streamId, version }: RecordedEvent): readonly Finding[] => {
  const due = last.version + 1;
  if (version === due) return [];
  const words = { expected: `version ${due}`, found: `version ${version}` };
  return [{ collection: 'events', at: { streamId, version: due }, problem: 'the event is missing', ...words }];
};

const timeFindings = (last: LastEvent, { streamId, version, recordedAt }: RecordedEvent): readonly Finding[] => {
  if (last.recordedAt === undefined || recordedAt >= last.recordedAt) return [];
  const words = { expected: `${timeText(last.recordedAt)} or later`, found: timeText(recordedAt) };
  const problem = 'was recorded before the event before it';
  return [{ collection: 'events', at: { streamId, version }, problem, ...words }];
};

const sealFindings = (last: LastEvent, { event, position }: Placed, sealedUpTo: Instant): readonly Finding[] => {
  const { streamId, version, eventId, recordedAt } = event;
  const at = { streamId, version, eventId };
  if (position === undefined) {
    if (recordedAt >= sealedUpTo) return [];
    const words = { expected: 'a position', found: `none, though it was recorded at ${timeText(recordedAt)}` };
    return [{ collection: 'events', at, problem: 'is not in the journal', ...words }];
  }
  if (last.position === undefined || position > last.position) return [];
  const words = { expected: `a position behind ${last.position}`, found: `position ${position}` };
  return [{ collection: 'journal', at: { position, ...at }, problem: 'is before the event that it follows', ...words }];
};

/** Whether an event follows the one before it in its stream: by version, by time, and by position. What was recorded since may wait. */
export const checkOrder = (last: LastEvent, placed: Placed, sealedUpTo: Instant): Order => {
  const { event, position } = placed;
  const gap = gapIn(last, event);
  const findings = [...gap, ...timeFindings(last, event), ...sealFindings(last, placed, sealedUpTo)];
  const isWaiting = position === undefined && event.recordedAt >= sealedUpTo;
  return { findings, isWaiting, isGap: gap.length > 0 };
};
