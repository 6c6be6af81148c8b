import type { ProblemCode } from '../../src/http/problem-details.ts';
import { MOST_EVENTS_PROVED } from '../../src/journal/prove-stream.ts';
import type { ApiClient, Reply } from '../support/api.ts';
import { opened } from './world.ts';

const AT_ONCE = 1_000;

/** An account with more events than one proof has: its opening, and as many deposits. */
const longAccount = async (client: ApiClient): Promise<string> => {
  const accountId = await opened(client);
  for (let start = 0; start < MOST_EVENTS_PROVED; start += AT_ONCE) {
    const commands = Array.from({ length: AT_ONCE }, (_, index) => ({
      ...{ type: 'DepositMoney', accountId, amount: 1, currency: 'EUR' },
      idempotencyKey: `${accountId}-${start + index}`,
    }));
    await client.post('/v1/batches', { mode: 'atomic', commands });
  }
  return accountId;
};

/** How a proof is refused, where nothing is sealed. */
export const provingCases = (what: 'balance' | 'statement') =>
  ({
    PROOF_TOO_LONG: async (client) => client.get(`/v1/accounts/${await longAccount(client)}/${what}?proof=1`),
    NOT_SEALED_YET: async (client) => client.get(`/v1/accounts/${await opened(client)}/${what}?proof=1`),
  }) satisfies Partial<Record<ProblemCode, (client: ApiClient) => Promise<Reply>>>;
