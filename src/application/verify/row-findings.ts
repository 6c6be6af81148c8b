import { accountIdOf, type StreamId } from '../../domain/account/account-id.ts';
import type { Finding } from '../ports/finding.ts';
import { cellText, type Difference } from '../replay/differences.ts';
import type { VerifyParts } from './verify-parts.ts';

const problems = {
  missing: 'the row is missing',
  different: 'the row is not what the events give',
  unexpected: 'no event gives this row',
} as const;

const findingOf = ({ table, accountId, id, kind, cells }: Difference): Finding => {
  const inWords = (side: 'expected' | 'found'): string =>
    cells.map((cell) => `${cell.field} ${cellText(cell[side])}`).join(', ');
  const words = kind === 'different' ? { expected: inWords('expected'), found: inWords('found') } : {};
  return { collection: table, at: { accountId, row: id }, problem: problems[kind], ...words };
};

/** Differences of read models as bad places. */
export const findingsOf = (differences: readonly Difference[]): readonly Finding[] => differences.map(findingOf);

type Suspect = {
  readonly streamId: StreamId;
  /** The last one that the differences know of. */
  readonly version: number;
  readonly differences: readonly Difference[];
};

/** Of these differences those that remain: an account that moved on while it was compared is compared anew, as a rebuild does it. */
export const settledDifferences = async (
  { storage, compareAnew }: VerifyParts,
  { streamId, version, differences }: Suspect,
): Promise<readonly Difference[]> => {
  if (differences.length === 0) return [];
  const [later] = await storage.events.read(streamId, { after: version, limit: 1 });
  return later ? compareAnew(accountIdOf(streamId)) : differences;
};
