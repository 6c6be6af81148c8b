import { z } from 'zod';
import type { Queries } from '../application/queries/queries.ts';
import type { Statement, StatementPosition, StatementQuery } from '../application/queries/statement.ts';
import type { AccountId } from '../domain/account/account-id.ts';
import type { Instant } from '../domain/time/instant.ts';
import type { StreamProof } from '../journal/stream-proof.ts';
import { presentStreamProof } from './presenters/journal.ts';
import { presentStatement } from './presenters/statement.ts';
import { type Json, timeOnWire } from './presenters/wire.ts';
import { decodeCursor, encodeCursor } from './schemas/paging.ts';
import { momentInCursor } from './schemas/time.ts';

const position = z.tuple([momentInCursor, z.int().min(1), z.int().min(1), momentInCursor]);

const toPosition = ([effectiveAt, version, accountVersion, to]: z.output<typeof position>): StatementPosition => ({
  effectiveAt,
  version,
  accountVersion,
  to,
});

/** What a statement is called in its cursors: a statement and the same one as known then have the same, so what is known is no part of it. */
export type StatementName = {
  readonly accountId: AccountId;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly order: 'asc' | 'desc';
};

const listOf = ({ accountId, from, to, order }: StatementName): string =>
  `statement ${accountId} ${from ?? ''} ${to ?? ''} ${order}`;

export const statementCursor = (name: StatementName, at: StatementPosition): string =>
  encodeCursor(listOf(name), [at.effectiveAt, at.version, at.accountVersion, at.to]);

/** Rejects with VALIDATION_FAILED where the cursor is none of this statement. */
export const statementPosition = (name: StatementName, cursor: string): StatementPosition =>
  toPosition(decodeCursor(listOf(name), cursor, position));

/** One page of a statement. */
export type StatementAnswer = {
  readonly name: StatementName;
  readonly after: StatementPosition | undefined;
  readonly statement: Statement;
  readonly nextCursor: string | undefined;
};

/** Rejects with VALIDATION_FAILED where the cursor is none of this statement, then as `readStatement` does. */
export const answerStatement = async (
  { readStatement }: Pick<Queries, 'readStatement'>,
  name: StatementName,
  { cursor, ...query }: Omit<StatementQuery, 'after'> & { readonly cursor?: string },
): Promise<StatementAnswer> => {
  const after = cursor === undefined ? undefined : statementPosition(name, cursor);
  const statement = await readStatement(name.accountId, { ...query, ...(after && { after }) });
  return { name, after, statement, nextCursor: statement.next && statementCursor(name, statement.next) };
};

export const presentStatementAnswer = ({ statement, nextCursor }: StatementAnswer): Json =>
  presentStatement(statement, nextCursor);

const timeOrNone = (moment: Instant | undefined): string | undefined =>
  moment === undefined ? undefined : timeOnWire(moment);

/**
 * The page, with what it takes to check it. Which page was asked for is said with nothing left out that only the ledger knows: how many events
 * the statement knows, and in `until` where it ends, unless that was asked for.
 */
export const statementProofOf = (answered: StatementAnswer, proof: StreamProof): Json => {
  const { name, after, statement } = answered;
  const { to, version } = statement;
  return {
    asked: {
      accountId: name.accountId,
      from: timeOrNone(name.from),
      to: timeOrNone(name.to),
      until: name.to === undefined ? timeOnWire(to) : undefined,
      version,
      order: name.order,
      cursor: after && statementCursor(name, { ...after, accountVersion: version, to }),
    },
    statement: presentStatementAnswer(answered),
    proof: presentStreamProof(proof),
  };
};
