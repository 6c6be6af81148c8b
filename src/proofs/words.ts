import { timeOnWire } from '../http/presenters/wire.ts';
import type { NoteVerifier } from '../journal/signed-note.ts';
import type { ProvenStream } from '../journal/stream-proof.ts';

const numbered = (count: number): string => (count === 1 ? 'event 1' : `events 1 to ${count}`);

/** On what an answer rests. */
export const foundationOf = ({ name }: NoteVerifier, { checkpoint, events }: ProvenStream): string =>
  `${name} has signed for its first ${checkpoint.size} events. Among them, unaltered, are ${numbered(events.length)} of ${events[0].streamId}, without a gap.`;

/** Between which moments of recording the answer was what the ledger knew: `before` where it is shown what came next. */
export const knownOf = ({ events, next }: ProvenStream): { readonly from: string; readonly before?: string } => ({
  from: timeOnWire((events.at(-1) ?? events[0]).recordedAt),
  ...(next && { before: timeOnWire(next.recordedAt) }),
});

/** What only the whole journal can tell. */
export const limitsOf = ({ events, next }: ProvenStream, mayHaveMore: boolean): readonly string[] => {
  const { streamId } = events[0];
  const last = events.length;
  const behind = `that ${streamId} has no event behind version ${last}: where an answer reaches to the end of what is shown, newer events could be left out`;
  const second = `that the journal has no second event of ${streamId} at one of these versions`;
  return [...(next || !mayHaveMore ? [] : [behind]), second].map(
    (limit) => `${limit} (the whole journal tells: npm run verify)`,
  );
};
