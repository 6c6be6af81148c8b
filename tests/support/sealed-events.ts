import type { EventAsRecorded } from '../../src/application/ports/event-as-recorded.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { canonicalEvent, leafOf } from '../../src/journal/canonical-event.ts';
import { signCheckpoint } from '../../src/journal/checkpoint.ts';
import { append, emptyRange, rootOf } from '../../src/journal/merkle/compact-range.ts';
import { inclusionProof } from '../../src/journal/merkle/proofs.ts';
import { nodesOf } from '../../src/journal/merkle/tiles.ts';
import { type ProofDocument, proofDocumentOf } from '../../src/journal/proof-document.ts';
import type { NoteSigner } from '../../src/journal/signed-note.ts';

const deposited = (position: number): EventAsRecorded => ({
  eventId: `01890a5d-ac96-774b-bcce-${position.toString(16).padStart(12, '0')}`,
  streamId: 'account-zoë',
  version: position,
  type: 'MoneyDeposited',
  schemaVersion: 1,
  data: { amount: BigInt(position) * 100n, currency: 'EUR', reference: `„${position}“ 💶` },
  metadata: { correlationId: 'c', causationId: 'c', actor: 'teller', command: 'DepositMoney' },
  recordedAt: instant(1_750_000_000_000 + position),
  effectiveAt: instant(1_750_000_000_000),
});

/** The proof for one of so many events, fewer than 256, as a ledger with this key would give it. */
export const provenDeposit = async (position: number, size: number, signer: NoteSigner): Promise<ProofDocument> => {
  const edge = Array.from({ length: size }, (_, index) => leafOf(deposited(index + 1)));
  const noTiles = (): Promise<never> => Promise.reject(new Error('no tile is full'));
  return proofDocumentOf({
    event: canonicalEvent(deposited(position)),
    position,
    proof: await inclusionProof({ index: position - 1, size }, nodesOf({ size, edge, readTile: noTiles })),
    checkpoint: signCheckpoint({ size, root: rootOf(edge.reduce(append, emptyRange)) }, signer),
  });
};
