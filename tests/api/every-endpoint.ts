import type { Endpoint } from '../../src/http/endpoint.ts';
import type { Json } from '../support/api.ts';

/** What a request is about. */
export type Subject = {
  readonly accountId: string;
  readonly otherAccountId: string;
  readonly holdId: string;
  readonly transferId: string;
  readonly eventId: string;
  readonly ownerId: string;
  readonly proposalId: string;
  readonly prefix: string;
  readonly rebuildId: string;
};

type Ask = { readonly query?: (subject: Subject) => string; readonly body?: (subject: Subject) => Json };

const eur = { amount: 1, currency: 'EUR' };
const reason = { reason: 'a test' };
const withdrawal = ({ accountId }: Subject): Json => ({ type: 'WithdrawMoney', accountId, ...eur });

/** A request that is well-formed for each endpoint, by its id. */
const asks: Readonly<Record<string, Ask>> = {
  depositMoney: { body: () => eur },
  withdrawMoney: { body: () => eur },
  transferMoney: {
    body: ({ accountId, otherAccountId }) => ({ fromAccountId: accountId, toAccountId: otherAccountId, ...eur }),
  },
  submitBatch: {
    body: (subject) => ({
      mode: 'atomic',
      commands: [{ ...withdrawal(subject), idempotencyKey: crypto.randomUUID() }],
    }),
  },
  getBalance: {},
  getAccount: {},
  openAccount: { body: ({ ownerId }) => ({ ownerId, currency: 'EUR' }) },
  listAccounts: { query: ({ ownerId }) => `ownerId=${ownerId}` },
  getStatement: {},
  getDiff: {},
  explainBalance: {},
  explainCommand: { body: (subject) => ({ command: withdrawal(subject) }) },
  whatIf: { body: (subject) => ({ commands: [withdrawal(subject)] }) },
  listEvents: {},
  placeHold: { body: () => eur },
  captureHold: { body: () => ({}) },
  releaseHold: { body: () => ({}) },
  getHold: {},
  listHolds: {},
  getTransfer: {},
  reverseTransaction: { body: ({ eventId }) => ({ eventId, ...reason }) },
  freezeAccount: { body: () => reason },
  unfreezeAccount: { body: () => reason },
  closeAccount: { body: () => reason },
  changeOverdraftLimit: { body: () => ({ overdraftLimit: 5 }) },
  listProposals: {},
  getProposal: {},
  approveProposal: { body: () => ({}) },
  rejectProposal: { body: () => reason },
  cancelProposal: { body: () => ({}) },
  getTrialBalance: {},
  listJournal: {},
  getCheckpoint: {},
  getJournalKey: {},
  getProof: { query: ({ eventId }) => `eventId=${eventId}` },
  getConsistency: { query: () => 'from=1' },
  getHealth: {},
  getLiveness: {},
  getReadiness: {},
  getMetrics: {},
  createKey: { body: () => ({ name: 'a key', scopes: ['accounts:read'] }) },
  listKeys: {},
  rotateKey: { body: () => ({}) },
  revokeKey: { body: () => ({}) },
  getAccessLog: {},
  createRebuild: { body: () => ({}) },
  listRebuilds: {},
  getRebuild: {},
  cancelRebuild: { body: () => ({}) },
  switchRebuild: { body: () => ({}) },
  getStatus: {},
};

export type Asked = { readonly path: string; readonly body: Json | undefined };

/** A well-formed request to this endpoint. Fails where nobody has said what one looks like. */
export const askFor = ({ id, path }: Endpoint, subject: Subject): Asked => {
  const ask = asks[id];
  if (!ask) throw new Error(`tests/api/every-endpoint.ts does not say how to ask ${id}`);
  const members = new Map<string, string>(Object.entries(subject));
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => members.get(name) ?? name);
  const query = ask.query ? `?${ask.query(subject)}` : '';
  return { path: `${address}${query}`, body: ask.body?.(subject) };
};
