import type { RecordedEvent } from '../../domain/account/account-event.ts';
import type { Instant } from '../../domain/time/instant.ts';
import type { Finding } from '../ports/finding.ts';

/** The event before in its stream; version 0 where there is none. */
export type LastEvent = { readonly version: number; readonly recordedAt?: Instant };

const timeText = (moment: Instant): string => new Date(moment).toISOString();

/** Whether the stream lacks a version before this event. */
export const gapIn = (last: LastEvent, { streamId, version }: RecordedEvent): readonly Finding[] => {
  const due = last.version + 1;
  if (version === due) return [];
  const words = { expected: `version ${due}`, found: `version ${version}` };
  return [{ collection: 'events', at: { streamId, version: due }, problem: 'the event is missing', ...words }];
};

/** Whether time ran backwards in the stream. */
export const timeFindings = (last: LastEvent, event: RecordedEvent): readonly Finding[] => {
  const { streamId, version, recordedAt } = event;
  if (last.recordedAt === undefined || recordedAt >= last.recordedAt) return [];
  const words = { expected: `${timeText(last.recordedAt)} or later`, found: timeText(recordedAt) };
  const problem = 'was recorded before the event before it';
  return [{ collection: 'events', at: { streamId, version }, problem, ...words }];
};
