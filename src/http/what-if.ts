import { handlerOf } from '../application/commands/handlers.ts';
import type { Attempt } from '../application/what-if/dry-run.ts';
import { type AccountId, streamIdOf } from '../domain/account/account-id.ts';
import { DomainError } from '../domain/domain-error.ts';
import { type Asked, commandOf } from './claim.ts';
import { commands } from './commands.ts';
import type { Services } from './endpoint.ts';
import { pointerOf, RequestError } from './problem-details.ts';
import type { TriedCommand } from './schemas/batch.ts';

/** The command as something to ask of the ledger, or why it cannot be asked. */
const ask = async ({ type, ...members }: TriedCommand, { queries }: Services): Promise<Asked | DomainError> => {
  const { idempotencyKey: _idempotencyKey, ifMatch: _ifMatch, ...others } = members;
  try {
    return await commands[type].ask(others, queries);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
};

const isAbout = (accountId: AccountId, { wish }: Asked): boolean =>
  handlerOf(wish).streamsOf(wish).includes(streamIdOf(accountId));

/**
 * Commands as they stand in a request, as something to try on one account. Rejects with VALIDATION_FAILED where one is about other
 * accounts only; `at` is where it stands in the body.
 */
export const attemptOf = async (
  tried: TriedCommand,
  services: Services,
  {
    accountId,
    requestId,
    at,
  }: { readonly accountId: AccountId; readonly requestId: string; readonly at: readonly PropertyKey[] },
): Promise<Attempt> => {
  const asked = await ask(tried, services);
  if (asked instanceof DomainError) return asked;
  if (isAbout(accountId, asked)) {
    return commandOf(asked, { requestId, idempotency: undefined, versions: tried.ifMatch }, services.newEventId);
  }
  throw new RequestError('VALIDATION_FAILED', [{ in: 'body', at: pointerOf(at), detail: `is not about ${accountId}` }]);
};
