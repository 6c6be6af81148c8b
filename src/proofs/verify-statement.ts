import type { z } from 'zod';
import type { StatementPosition } from '../application/queries/statement.ts';
import type { AccountId } from '../domain/account/account-id.ts';
import { type Instant, instant } from '../domain/time/instant.ts';
import {
  answerStatement,
  type StatementAnswer,
  type StatementName,
  statementPosition,
  statementProofOf,
} from '../http/answer-statement.ts';
import type { statementProofView } from '../http/schemas/proof-views.ts';
import { ProofRefused } from '../journal/stream-proof.ts';
import type { NoteVerifier } from '../journal/signed-note.ts';
import { statementEntriesTable } from '../projections/statement-entries/statement-entries.ts';
import { mustBeTheSame } from './compare.ts';
import { type ProvenAccount, provenAccount, refuse } from './proven-account.ts';
import type { Proved } from './verdict.ts';
import { foundationOf, knownOf, limitsOf } from './words.ts';

type Document = z.output<typeof statementProofView>;

const momentOf = (text: string | undefined): Instant | undefined =>
  text === undefined ? undefined : instant(Date.parse(text));

const nameOf = ({ accountId, from, to, order }: Document['asked']): StatementName => {
  const [first, end] = [momentOf(from), momentOf(to)];
  return {
    accountId: accountId as AccountId,
    order,
    ...(first !== undefined && { from: first }),
    ...(end !== undefined && { to: end }),
  };
};

const positionIn = (name: StatementName, cursor: string): StatementPosition => {
  try {
    return statementPosition(name, cursor);
  } catch {
    throw new ProofRefused('asked/cursor is none of this statement');
  }
};

/** Where the page before ended must be an entry of this statement, or this would be no page of it. */
const mustFollowAnEntry = async ({ storage }: ProvenAccount, name: StatementName, cursor: string): Promise<void> => {
  const { effectiveAt, version } = positionIn(name, cursor);
  const found = await storage.table(statementEntriesTable).range({
    where: { accountId: name.accountId, version, effectiveAt: new Date(effectiveAt) },
    order: ['version'],
  });
  if (found.length === 0) throw new ProofRefused('asked/cursor is behind no entry of this statement');
};

/** As many entries as are shown: with one more there would be, if the page does not go on, it would show it. */
const lengthOf = ({ entries, nextCursor }: Document['statement']): number =>
  nextCursor === undefined ? entries.length + 1 : entries.length;

const answerOf = async (account: ProvenAccount, document: Document): Promise<StatementAnswer> => {
  const { asked, statement } = document;
  const { version, order, cursor } = asked;
  const name = nameOf(asked);
  const to = name.to ?? momentOf(asked.until);
  if (to === undefined) throw new ProofRefused('asked does not say where the statement ends');
  if (version !== account.stream.events.length) {
    throw new ProofRefused(`the statement knows ${version} events, and ${account.stream.events.length} are shown`);
  }
  if (cursor !== undefined) await mustFollowAnEntry(account, name, cursor);
  const { accountId: _, ...limits } = name;
  const page = { version, order, limit: lengthOf(statement), ...(cursor !== undefined && { cursor }) };
  return answerStatement(account.queries, name, { ...limits, to, ...page });
};

const wordsOf = ({ asked, statement }: Document, { from, before }: ReturnType<typeof knownOf>): readonly string[] => {
  const { accountId, currency, entries, openingBalance, closingBalance } = statement;
  const balances = `opening balance ${openingBalance}, closing balance ${closingBalance} (minor units, ${currency})`;
  const isWhole = asked.cursor === undefined && statement.nextCursor === undefined;
  const lines = `${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}${isWhole ? '' : ' on this page of it'}`;
  const known = `It is what was known from ${from} on${before === undefined ? '' : `, and before ${before}`}.`;
  return [
    `Statement of ${accountId} from ${statement.from} up to, not including, ${statement.to}: ${balances}, ${lines}.`,
    known,
  ];
};

/** Rejects as `provenAccount` does, and with ProofRefused where the events give another statement. */
export const verifyStatement = async (document: Document, verifier: NoteVerifier): Promise<Proved> => {
  const account = await provenAccount(document.asked.accountId as AccountId, document.proof, verifier);
  const { stream, proof } = account;
  const expected = statementProofOf(await answerOf(account, document).catch(refuse), proof);
  mustBeTheSame(expected, document);
  const { asked, statement } = document;
  const known = knownOf(stream);
  const [what, when] = wordsOf(document, known);
  return {
    kind: 'statement',
    checkpoint: stream.checkpoint,
    proved: [what ?? '', foundationOf(verifier, stream), when ?? ''],
    notProved: limitsOf(stream, true),
    facts: { asked, statement, events: stream.events.length, known },
    document: expected,
  };
};
