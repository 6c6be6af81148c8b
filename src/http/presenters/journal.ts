import type { BlockHead } from '../../application/ports/journal-store.ts';
import type { JournalEntry, ProvenGrowth } from '../../journal/journal-queries.ts';
import type { StreamProof } from '../../journal/stream-proof.ts';
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

export const presentGrowth = ({ first, second, proof, earlier, later }: ProvenGrowth): Json => ({
  from: first,
  to: second,
  proof: proof.map(inBase64),
  earlier,
  later,
});

export const presentStreamProof = ({ events, next, positions, hashes, checkpoint }: StreamProof): Json => ({
  events,
  next,
  positions,
  hashes: hashes.map(inBase64),
  checkpoint,
});
