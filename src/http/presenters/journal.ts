import type { BlockHead } from '../../application/ports/journal-store.ts';
import type { JournalEntry } from '../../journal/journal-queries.ts';
import { presentEvent } from './event.ts';
import { type Json, timeOnWire } from './wire.ts';

const inBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export const presentEntry = ({ position, leafHash, event }: JournalEntry): Json => ({
  position,
  leafHash: inBase64(leafHash),
  event: presentEvent(event),
});

export const presentCheckpoint = ({ treeSize, rootHash, sealedAt, checkpoint, verifierKey }: BlockHead): Json => ({
  size: treeSize,
  rootHash: inBase64(rootHash),
  sealedAt: timeOnWire(sealedAt),
  checkpoint,
  verifierKey,
});

export const presentGrowth = ({
  first,
  second,
  proof,
}: {
  readonly first: number;
  readonly second: number;
  readonly proof: readonly Uint8Array[];
}): Json => ({ from: first, to: second, proof: proof.map(inBase64) });
