import type { EventAsRecorded } from '../application/ports/event-as-recorded.ts';
import { type Checkpoint, openOwnCheckpoint } from './checkpoint.ts';
import { type Hash, leafHash } from './merkle/hash.ts';
import { verifyMultiProof } from './merkle/multi-proof.ts';
import { readEvent } from './read-event.ts';
import type { NoteVerifier } from './signed-note.ts';

/** That the events with which a stream begins are sealed. */
export type StreamProof = {
  /** The canonical texts that were sealed, from version 1 on, without gaps. */
  readonly events: readonly string[];
  /** The event behind them, which does not count any more, where it is known. */
  readonly next?: string;
  /** The place of each in the journal, from 1: of `next` last. */
  readonly positions: readonly number[];
  /** The largest subtrees of the journal's tree that have none of them, from left to right. */
  readonly hashes: readonly Hash[];
  /** The checkpoint that all this leads to, as a signed note. */
  readonly checkpoint: string;
};

/** A proof does not prove what it should; the message says what does not fit. */
export class ProofRefused extends Error {
  override readonly name = 'ProofRefused';
}

/** What a stream proof has shown: the beginning of a stream, and what came next in it. */
export type ProvenStream = {
  readonly checkpoint: Checkpoint;
  readonly events: readonly [EventAsRecorded, ...EventAsRecorded[]];
  readonly next?: EventAsRecorded;
};

const mustBeSealed = (texts: readonly string[], proof: StreamProof, checkpoint: Checkpoint): void => {
  const { positions, hashes } = proof;
  if (positions.length !== texts.length) {
    throw new ProofRefused(`there are ${texts.length} events and ${positions.length} positions`);
  }
  const beyond = positions.find((position) => position > checkpoint.size);
  if (beyond !== undefined) {
    throw new ProofRefused(`position ${beyond} lies behind the ${checkpoint.size} events of the checkpoint`);
  }
  const leaves = texts.map((text, at) => ({ index: (positions[at] ?? 0) - 1, hash: leafHash(Buffer.from(text)) }));
  if (!verifyMultiProof(leaves, checkpoint, hashes)) {
    throw new ProofRefused(
      'events, positions and hashes do not lead to the root of the checkpoint: one of them was changed, left out or added',
    );
  }
};

const mustBeOneStream = (events: readonly EventAsRecorded[]): void => {
  events.forEach((event, at) => {
    const before = events[at - 1];
    if (event.streamId !== (before ?? event).streamId) {
      throw new ProofRefused(`events of ${before?.streamId ?? ''} and of ${event.streamId} are shown as one stream`);
    }
    if (event.version !== at + 1) {
      throw new ProofRefused(`${event.streamId} has version ${event.version} where ${at + 1} is due`);
    }
    if (event.recordedAt < (before ?? event).recordedAt) {
      throw new ProofRefused(`version ${event.version} of ${event.streamId} was recorded before the one before it`);
    }
  });
};

/**
 * Checks, offline: the signature, that every event stands at its position under the signed root, and that they are one stream from its first
 * event on, whose times never run backwards. Throws NoteRefused, ProofRefused, NoEvent.
 */
export const verifyStreamProof = (proof: StreamProof, verifier: NoteVerifier): ProvenStream => {
  const checkpoint = openOwnCheckpoint(proof.checkpoint, verifier);
  const texts = proof.next === undefined ? proof.events : [...proof.events, proof.next];
  mustBeSealed(texts, proof, checkpoint);
  const all = texts.map(readEvent);
  mustBeOneStream(all);
  const [first, ...others] = all.slice(0, proof.events.length);
  const next = all[proof.events.length];
  if (!first) throw new ProofRefused('there is no event that counts');
  return { checkpoint, events: [first, ...others], ...(next && { next }) };
};
