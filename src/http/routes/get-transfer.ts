import { z } from 'zod';
import { defineEndpoint } from '../endpoint.ts';
import { presentTransfer } from '../presenters/transfer.ts';
import { transferId } from '../schemas/ids.ts';
import { transferView } from '../schemas/views.ts';
import { sendJson } from './answer.ts';

export const getTransfer = defineEndpoint({
  method: 'get',
  path: '/v1/transfers/{transferId}',
  id: 'getTransfer',
  tag: 'Money',
  scope: 'accounts:read',
  summary: 'One transfer, and how much of it was reversed',
  params: z.strictObject({ transferId }),
  answers: { 200: { description: 'The transfer.', schema: transferView } },
  rejects: ['TRANSFER_NOT_FOUND'],
  handle: async ({ queries }, { params, response }) => {
    sendJson(response, presentTransfer(await queries.findTransfer(params.transferId)));
  },
});
