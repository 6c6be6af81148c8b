import type { z } from 'zod';
import { handlerOf } from '../application/commands/handlers.ts';
import type { Wish } from '../application/commands/command.ts';
import type { Alteration } from '../application/what-if/alter-history.ts';
import type { Attempt } from '../application/what-if/dry-run.ts';
import type { RecordedEvent } from '../domain/account/account-event.ts';
import { type AccountId, streamIdOf } from '../domain/account/account-id.ts';
import { DomainError } from '../domain/domain-error.ts';
import { type Asked, type Claim, commandOf } from './claim.ts';
import { commands } from './commands.ts';
import { membersOf } from './members-of.ts';
import type { Services } from './services.ts';
import { presentAlteredHistory, presentDryRun } from './presenters/what-if.ts';
import type { Json } from './presenters/wire.ts';
import { pointerOf, RequestError } from './problem-details.ts';
import type { TriedCommand } from './schemas/batch.ts';
import type { whatIfBody } from './schemas/what-if.ts';

type Askable = Pick<Services, 'queries' | 'newEventId'>;

/** The account that all is about, and who asks. */
type About = { readonly accountId: AccountId } & Pick<Claim, 'requestId' | 'principal'>;

/** The command as something to ask of the ledger, or why it cannot be asked. */
const ask = async ({ type, ...members }: TriedCommand, { queries }: Askable): Promise<Asked | DomainError> => {
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
  services: Askable,
  { accountId, requestId, principal, at }: About & { readonly at: readonly PropertyKey[] },
): Promise<Attempt> => {
  const asked = await ask(tried, services);
  if (asked instanceof DomainError) return asked;
  if (isAbout(accountId, asked)) {
    const claim = { requestId, principal, idempotency: undefined, versions: tried.ifMatch, span: undefined };
    return commandOf(asked, claim, services.newEventId);
  }
  throw new RequestError('VALIDATION_FAILED', [{ in: 'body', at: pointerOf(at), detail: `is not about ${accountId}` }]);
};

type Body = z.output<typeof whatIfBody>;

/** The command behind an event, with some members different. Rejects with NOT_CHANGEABLE where it has no such member. */
const changed =
  ({ eventId: _eventId, ...change }: NonNullable<Body['change']>, services: Askable, about: About) =>
  (event: RecordedEvent, wish: Wish): Promise<Attempt> => {
    const { eventId, type: eventType, metadata } = event;
    const { type } = wish;
    // An expiry was nobody's request, and has no members.
    const members = type === 'ExpireHold' ? [] : Object.keys(commands[type].body.shape);
    const strange = Object.keys(change).find((member) => !members.includes(member));
    if (type === 'ExpireHold' || strange !== undefined) {
      throw new DomainError('NOT_CHANGEABLE', {
        eventId,
        eventType,
        ...(strange !== undefined && { member: strange }),
      });
    }
    const { transactionId } = metadata;
    const before = { ...membersOf(wish), ...(transactionId !== undefined && { transactionId }) };
    const command: TriedCommand = { ...before, ...change, type };
    return attemptOf(command, services, { ...about, at: ['change'] });
  };

const alterationOf = async (
  { without, change, instead }: Body,
  services: Askable,
  about: About,
): Promise<Alteration> => {
  if (without !== undefined) return { eventId: without };
  if (change) return { eventId: change.eventId, instead: changed(change, services, about) };
  if (!instead) throw new Error('a body with nothing to try passed its schema');
  const attempt = await attemptOf(instead.command, services, { ...about, at: ['instead', 'command'] });
  return { eventId: instead.eventId, instead: () => Promise.resolve(attempt) };
};

/**
 * What would have become of an account. Rejects with VALIDATION_FAILED, EFFECTIVE_IN_FUTURE, ACCOUNT_NOT_FOUND, EVENT_NOT_FOUND,
 * NOT_CHANGEABLE, HISTORY_TOO_LONG, in this order.
 */
export const answerWhatIf = async (body: Body, services: Askable, about: About): Promise<Json> => {
  const { accountId, requestId } = about;
  const { commands, without: _without, change: _change, instead: _instead, ...known } = body;
  if (!commands) {
    const alteration = await alterationOf(body, services, about);
    return presentAlteredHistory(await services.queries.alterHistory(accountId, known, alteration), requestId);
  }
  const attempts: Attempt[] = [];
  for (const [index, command] of commands.entries()) {
    attempts.push(await attemptOf(command, services, { ...about, at: ['commands', index] }));
  }
  return presentDryRun(await services.queries.dryRun(accountId, known, attempts), requestId);
};
