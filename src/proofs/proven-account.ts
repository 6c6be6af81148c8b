import type { Clock } from '../application/ports/clock.ts';
import type { Storage } from '../application/ports/storage.ts';
import { type Queries, queriesOver } from '../application/queries/queries.ts';
import { Rebuild } from '../application/replay/rebuild.ts';
import { type AccountId, type StreamId, streamIdOf } from '../domain/account/account-id.ts';
import type { RecordedEvent } from '../domain/account/account-event.ts';
import { UnknownEventShape } from '../domain/account/upcasters.ts';
import { instant } from '../domain/time/instant.ts';
import { fromBase64 } from '../journal/base64.ts';
import { type Hash, HASH_BYTES, hashFrom } from '../journal/merkle/hash.ts';
import { MalformedProof } from '../journal/proof-document.ts';
import type { NoteVerifier } from '../journal/signed-note.ts';
import { ProofRefused, type ProvenStream, type StreamProof, verifyStreamProof } from '../journal/stream-proof.ts';
import { projections } from '../projections/index.ts';
import { openMemoryStorage } from '../storage/memory/memory-storage.ts';
import { CannotTell } from './verdict.ts';

/** An account that was folded from events which are proved to be sealed, and can be asked whatever the API can be asked. */
export type ProvenAccount = {
  readonly stream: ProvenStream;
  readonly storage: Storage;
  readonly queries: Queries;
  readonly clock: Clock;
};

/** The hashes of a proof. Throws MalformedProof. */
export const hashesIn = (texts: readonly string[]): readonly Hash[] =>
  texts.map((text, place) => {
    const bytes = fromBase64(text);
    if (bytes?.length !== HASH_BYTES) throw new MalformedProof(`hash ${place} is not ${HASH_BYTES} bytes in base64`);
    return hashFrom(bytes);
  });

// Whether a moment has passed was the ledger's to say when it answered.
const endless: Clock = { now: () => instant(Date.UTC(9999, 11, 31, 23, 59, 59, 999)) };

async function* only(streamId: StreamId): AsyncGenerator<StreamId> {
  yield await Promise.resolve(streamId);
}

/** These events, and all that the ledger makes of them, in memory. */
const foldedFrom = async (streamId: StreamId, { events, next }: ProvenStream): Promise<Storage> => {
  const storage = openMemoryStorage();
  const all = [...events, ...(next ? [next] : [])];
  // As they were recorded: the store gives them in today's shape.
  await storage.transactionally((work) => storage.events.append(work, all as unknown as readonly RecordedEvent[]));
  await new Rebuild(storage, storage, projections).fill(only(streamId), () => undefined);
  return storage;
};

type Written = Omit<StreamProof, 'hashes' | 'next'> & {
  readonly hashes: readonly string[];
  readonly next?: string | undefined;
};

const streamProofFrom = ({ hashes, next, ...proof }: Written): StreamProof => ({
  ...proof,
  hashes: hashesIn(hashes),
  ...(next !== undefined && { next }),
});

/** Throws ProofRefused; CannotTell where an event is newer than this release. */
export const refuse = (error: unknown): never => {
  if (error instanceof UnknownEventShape) {
    throw new CannotTell(`It takes a newer release of Daybook to check this proof: ${error.message}.`);
  }
  if (error instanceof ProofRefused) throw error;
  throw new ProofRefused(
    `the events do not give this answer: ${error instanceof Error ? error.message : String(error)}`,
  );
};

/** Rejects with NoteRefused, ProofRefused, NoEvent, MalformedProof, CannotTell. */
export const provenAccount = async (
  accountId: AccountId,
  written: Written,
  verifier: NoteVerifier,
): Promise<ProvenAccount & { readonly proof: StreamProof }> => {
  const proof = streamProofFrom(written);
  const stream = verifyStreamProof(proof, verifier);
  const streamId = streamIdOf(accountId);
  const [first] = stream.events;
  if (first.streamId !== streamId) throw new ProofRefused(`these are events of ${first.streamId}, not of ${streamId}`);
  const storage = await foldedFrom(streamId, stream).catch(refuse);
  return { proof, stream, storage, queries: queriesOver(storage, endless), clock: endless };
};
