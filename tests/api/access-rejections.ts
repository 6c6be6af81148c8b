import type { ProblemCode } from '../../src/http/problem-details.ts';
import type { ApiClient, Reply } from '../support/api.ts';

type Case = (client: ApiClient) => Promise<Reply>;

const unknown = '/v1/admin/keys/0123456789ab';

const revoked = async (client: ApiClient): Promise<string> => {
  const { body } = await client.post('/v1/admin/keys', { name: 'a test', scopes: ['accounts:read'] });
  const address = `/v1/admin/keys/${String(body.prefix)}`;
  await client.post(`${address}/revoke`, {});
  return address;
};

/** Rejections of what an administrator asks. */
export const accessCases: Readonly<Record<string, Partial<Record<ProblemCode, Case>>>> = {
  rotateKey: {
    KEY_NOT_FOUND: (client) => client.post(`${unknown}/rotate`, {}),
    KEY_REVOKED: async (client) => client.post(`${await revoked(client)}/rotate`, {}),
  },
  revokeKey: { KEY_NOT_FOUND: (client) => client.post(`${unknown}/revoke`, {}) },
};
