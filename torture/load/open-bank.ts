import { OPENING_KEY } from '../check/check-commands.ts';
import { type Bank, CURRENCY } from './bank.ts';
import type { Door } from './door.ts';

/** Opens the accounts of a run, with their first money. */
export const openBank = async (bank: Bank, door: Door): Promise<void> => {
  for (const { accountId, group, initialDeposit, overdraftLimit } of bank.accounts) {
    const body = {
      accountId,
      ownerId: group,
      currency: CURRENCY,
      overdraftLimit,
      initialDeposit: { amount: initialDeposit },
    };
    const { answer } = await door.send({
      method: 'POST',
      path: '/v1/accounts',
      key: `${OPENING_KEY}${accountId}`,
      body: JSON.stringify(body),
    });
    if (answer.status === 201) continue;
    throw new Error(`${accountId} is not opened: ${answer.status === undefined ? answer.reason : answer.body}`);
  }
};
