import type { z } from 'zod';
import type { Moment } from '../application/queries/find-account.ts';
import type { AccountId } from '../domain/account/account-id.ts';
import { instant } from '../domain/time/instant.ts';
import { answerBalance, type BalanceAnswer, balanceProofOf } from '../http/answer-balance.ts';
import type { balanceProofView } from '../http/schemas/proof-views.ts';
import { ProofRefused } from '../journal/stream-proof.ts';
import type { NoteVerifier } from '../journal/signed-note.ts';
import { mustBeTheSame } from './compare.ts';
import { type ProvenAccount, provenAccount, refuse } from './proven-account.ts';
import type { Proved } from './verdict.ts';
import { foundationOf, knownOf, limitsOf } from './words.ts';

type Document = z.output<typeof balanceProofView>;

const momentIn = ({ asOf, knownAt, version }: Document['asked']): Moment => ({
  ...(asOf !== undefined && { asOf: instant(Date.parse(asOf)) }),
  ...(knownAt !== undefined && { knownAt: instant(Date.parse(knownAt)) }),
  ...(version !== undefined && { version }),
});

/** Nothing is left to the clock: where a moment were left out, whoever checks it later would ask about another one. */
const mustBeInFull = ({ asOf, knownAt, version }: Document['asked']): void => {
  const isInFull =
    version === undefined ? asOf !== undefined && knownAt !== undefined : (asOf ?? knownAt) === undefined;
  if (!isInFull) throw new ProofRefused('asked does not say about which moment: by asOf and knownAt, or by version');
};

const answerOf = async (account: ProvenAccount, { asked }: Document): Promise<BalanceAnswer> => {
  const found = await answerBalance(account, asked.accountId as AccountId, momentIn(asked)).catch(refuse);
  const { events } = account.stream;
  if (found.version === events.length) return found;
  throw new ProofRefused(`${events.length} events are shown as those that count, and ${found.version} do`);
};

const wordsOf = ({ asked, balance }: Document): string => {
  const moment =
    asked.version === undefined
      ? `by value date ${balance.asOf}, as known at ${balance.knownAt}`
      : `right after its event ${asked.version}`;
  const amounts = `ledger balance ${balance.ledgerBalance}, held ${balance.heldAmount}, available ${balance.availableBalance}`;
  return `${balance.accountId}, ${moment}: ${amounts} (minor units, ${balance.currency}), at version ${balance.version}.`;
};

/** Rejects as `provenAccount` does, and with ProofRefused where the events give another balance. */
export const verifyBalance = async (document: Document, verifier: NoteVerifier): Promise<Proved> => {
  mustBeInFull(document.asked);
  const accountId = document.asked.accountId as AccountId;
  const account = await provenAccount(accountId, document.proof, verifier);
  const { stream, proof } = account;
  const expected = balanceProofOf(accountId, await answerOf(account, document), proof);
  mustBeTheSame(expected, document);
  const { asked, balance } = document;
  const { next } = stream;
  const behind = next && `Event ${next.version} was recorded at ${knownOf(stream).before ?? ''}, and does not count.`;
  return {
    kind: 'balance',
    checkpoint: stream.checkpoint,
    proved: [wordsOf(document), foundationOf(verifier, stream), ...(behind === undefined ? [] : [behind])],
    notProved: limitsOf(stream, asked.version === undefined),
    facts: { asked, balance, events: stream.events.length, known: knownOf(stream) },
    document: expected,
  };
};
