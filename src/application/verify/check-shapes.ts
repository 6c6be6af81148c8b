import type { Tell } from '../ports/finding.ts';
import type { VerifyParts } from './verify-parts.ts';

const written = ['events', 'snapshots', 'journal', 'journal_tiles'];

/** Tells of what the store itself would refuse today: an event without a version, say, that no reader of its stream comes by. */
export const checkShapes = async (
  { storage, projections }: Pick<VerifyParts, 'storage' | 'projections'>,
  tell: Tell,
): Promise<void> => {
  for await (const { collection, id: row } of storage.misshapen([
    ...written,
    ...projections.map(({ table }) => table.name),
  ])) {
    tell({ collection, at: { row }, problem: 'is not of the shape that its collection takes' });
  }
};
