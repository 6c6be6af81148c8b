import { randomUUID } from 'node:crypto';
import { type ProposalRow, proposalOf, proposalsTable } from '../../src/application/approval/proposal.ts';
import { newId } from '../../src/application/new-id.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import { queriesOver } from '../../src/application/queries/queries.ts';
import { systemClock } from '../../src/compose.ts';
import type { EventId } from '../../src/domain/event/event-id.ts';
import type { Currency } from '../../src/domain/money/currency.ts';
import { minorUnits } from '../../src/domain/money/money.ts';
import { commandOf } from '../../src/http/claim.ts';
import { commands } from '../../src/http/commands.ts';
import { versionsIn } from '../../src/http/if-match.ts';
import type { ProblemCode } from '../../src/http/problem-details.ts';
import { ApiClient, type Json, type Reply } from '../support/api.ts';
import { membersOf } from './batching-client.ts';
import { MOST_FRANCS_ALONE, opened } from './world.ts';

type Case = (client: ApiClient) => Promise<Reply>;
type Cases = Partial<Record<ProblemCode, Case>>;

/** Where the API keeps its ledger. */
export type Place = () => Storage;

const HOUR = 3_600_000;
const franc = 'CHF' as Currency;

const proposable = Object.values(commands).filter(({ answers }) => 202 in answers);

const propose = async (
  place: Place,
  { path, body, headers }: { path: string; body: Json; headers: Record<string, string> },
  rest: Partial<ProposalRow> = {},
): Promise<string | undefined> => {
  const endpoint = proposable.find((each) => membersOf(each.path, path));
  if (!endpoint) return undefined;
  const storage = place();
  const members = { ...endpoint.params.parse(membersOf(endpoint.path, path)), ...endpoint.body.parse(body) };
  const asked = await endpoint.ask(members, queriesOver(storage, systemClock));
  const { 'If-Match': ifMatch } = headers;
  const principal = { id: 'key:maker', kind: 'key' as const, scopes: new Set<never>() };
  const versions = ifMatch === undefined ? undefined : versionsIn(ifMatch);
  const claim = { requestId: 'proposed', principal, idempotency: undefined, versions, span: undefined };
  const command = commandOf(asked, claim, () => newId() as EventId);
  const money = { amount: minorUnits(1n), currency: franc };
  const row = { ...proposalOf(command, money, systemClock.now(), HOUR), ...rest };
  await storage.transactionally((work) => storage.table(proposalsTable).write(work, [{ kind: 'insert', row }]));
  return row._id;
};

/** A client for which every command that can be proposed was proposed by somebody else, whom no rule has stopped, and is approved now. */
class ApprovingClient extends ApiClient {
  constructor(
    url: string,
    private readonly place: Place,
  ) {
    super(url);
  }

  override async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const proposalId = await propose(this.place, { path, body: body as Json, headers });
    const { 'If-Match': _ofMaker, ...others } = headers;
    if (proposalId === undefined) return super.post(path, body, headers);
    return super.post(`/v1/proposals/${proposalId}/approve`, {}, others);
  }
}

const francs = (amount: number): Json => ({ amount, currency: franc });

/** A deposit of another principal that was rejected, or what is said otherwise. */
const rejected = async (client: ApiClient, place: Place, rest: Partial<ProposalRow> = {}): Promise<string> => {
  const path = `/v1/accounts/${await opened(client, { currency: franc })}/deposits`;
  const id = await propose(place, { path, body: francs(5), headers: {} }, { status: 'rejected', ...rest });
  return `/v1/proposals/${String(id)}`;
};

/** A proposal of the caller's own. */
const own = async (client: ApiClient): Promise<string> => {
  const path = `/v1/accounts/${await opened(client, { currency: franc })}/deposits`;
  const { headers } = await client.post(path, francs(MOST_FRANCS_ALONE + 1));
  return String(headers.get('location'));
};

const absent = '/v1/proposals/01900000-0000-7000-8000-000000000000';
const reason = { reason: 'a test' };

const endings = (place: Place, act: string, body: Json): Cases => ({
  PROPOSAL_NOT_FOUND: (client) => client.post(`${absent}${act}`, body),
  OWN_PROPOSAL: async (client) => client.post(`${await own(client)}${act}`, body),
  PROPOSAL_NOT_PENDING: async (client) => client.post(`${await rejected(client, place)}${act}`, body),
});

/** Of all that approve, reject and cancel; `ofCommands` are rejections of the commands that can be proposed. */
export const proposalCases = (place: Place, ofCommands: Cases): Readonly<Record<string, Cases>> => {
  const {
    IDEMPOTENCY_KEY_REUSED,
    EVENT_NOT_FOUND: _found,
    NOT_REVERSIBLE: _kind,
    ...others
  } = Object.fromEntries(
    Object.entries(ofCommands).map(([code, provoke]) => [
      code,
      (client: ApiClient) => provoke(new ApprovingClient(client.url, place)),
    ]),
  ) as Cases;
  const { PROPOSAL_NOT_PENDING, ...first } = endings(place, '/approve', {});
  return {
    getProposal: { PROPOSAL_NOT_FOUND: (client) => client.get(absent) },
    approveProposal: {
      ...first,
      ...(IDEMPOTENCY_KEY_REUSED && { IDEMPOTENCY_KEY_REUSED }),
      ...(PROPOSAL_NOT_PENDING && { PROPOSAL_NOT_PENDING }),
      ...others,
    },
    rejectProposal: endings(place, '/reject', reason),
    cancelProposal: {
      PROPOSAL_NOT_FOUND: (client) => client.post(`${absent}/cancel`, {}),
      PROPOSAL_NOT_PENDING: async (client) =>
        client.post(`${await rejected(client, place, { proposedBy: 'anonymous' })}/cancel`, {}),
    },
  };
};

/** Together with nothing else, and yet not to be divided. */
export const approvalRequired: Case = async (client) => {
  const accountId = await opened(client, { currency: franc });
  const money = francs(MOST_FRANCS_ALONE + 1);
  const command = { type: 'DepositMoney', idempotencyKey: randomUUID(), accountId, ...money };
  return client.post('/v1/batches', { mode: 'atomic', commands: [command] });
};
