import type { Tell } from '../ports/finding.ts';
import type { Storage } from '../ports/storage.ts';

/** Tells of the rules that these collections lack: where they were taken away, anything may have been put in, or may be tomorrow. */
export const checkGuards = async (
  storage: Pick<Storage, 'missingGuards'>,
  collections: readonly string[],
  tell: Tell,
): Promise<void> => {
  for (const { collection, uniqueOver } of await storage.missingGuards(collections)) {
    const problem =
      uniqueOver === undefined
        ? 'its validator is missing, or is not the one of this release'
        : `its unique index over ${uniqueOver} is missing`;
    tell({ collection, at: {}, problem });
  }
};

/**
 * Tells of what the store itself would refuse today in these collections: an event without a version, say, that no reader of its stream
 * comes by. Gives how many there are.
 */
export const checkShapes = async (
  storage: Pick<Storage, 'misshapen'>,
  collections: readonly string[],
  tell: Tell,
): Promise<number> => {
  let count = 0;
  for await (const { collection, id: row } of storage.misshapen(collections)) {
    tell({ collection, at: { row }, problem: 'is not of the shape that its collection takes' });
    count += 1;
  }
  return count;
};
