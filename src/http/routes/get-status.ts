import { defineEndpoint } from '../endpoint.ts';
import { whoAsks } from '../middleware/authentication.ts';
import { presentStatus } from '../presenters/status.ts';
import { statusView } from '../schemas/status.ts';
import { send } from '../send.ts';

export const getStatus = defineEndpoint({
  method: 'get',
  path: '/v1/admin/status',
  id: 'getStatus',
  tag: 'Administration',
  scope: 'admin',
  summary: 'How the ledger and this process are, on one page',
  description:
    'What the store does not say now is left out. Numbers over time are at `/metrics`; whether to send requests here is at `/health/ready`.',
  answers: { 200: { description: 'As far as this process knows.', schema: statusView } },
  rejects: [],
  handle: async ({ access, readStatus }, { response }) => {
    const status = await readStatus();
    access.log.note({ ...whoAsks(response.req, response), what: 'getStatus', outcome: 'done' });
    send(response, {
      status: 200,
      type: 'application/json',
      body: JSON.stringify(presentStatus(status)),
      headers: { 'Cache-Control': 'no-store' },
    });
  },
});
