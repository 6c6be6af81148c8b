import type { Response } from 'express';
import { CommandRejected } from '../application/commit/ledger-error.ts';
import type { Command } from '../application/commands/command.ts';
import { AccessRefused } from '../application/access/principal.ts';
import { DomainError } from '../domain/domain-error.ts';
import { type Claim, commandOf } from './claim.ts';
import { commands } from './commands.ts';
import type { CommandEndpoint } from './define-command.ts';
import type { Services } from './services.ts';
import { noteRefusal } from './middleware/authentication.ts';
import { logFailure, requestIdOf } from './middleware/request-context.ts';
import { presentOutcome, presentRefusal } from './presenters/batch.ts';
import type { Json } from './presenters/wire.ts';
import { problemByCode } from './problem-details.ts';
import { problemOfError } from './problem-of-error.ts';
import { requestHashOf } from './request-hash.ts';
import type { BatchedCommand } from './schemas/batch.ts';

/** A command that could not become one, and why. */
class NotAsked {
  constructor(readonly reason: unknown) {}
}

/** Whose request it is; together with others, nothing of it can be proposed. */
type From = Pick<Claim, 'requestId' | 'principal' | 'span' | 'proposable'>;

/** A command that is ready for the ledger. */
type Prepared = Command | NotAsked;

// What a batch says beside the body that the command would have at its own address.
const outsideOf = ({ params }: CommandEndpoint): ReadonlySet<string> =>
  new Set(['type', 'idempotencyKey', 'ifMatch', ...Object.keys(params.shape)]);

const outside = new Map<string, ReadonlySet<string>>(
  Object.entries(commands).map(([type, endpoint]) => [type, outsideOf(endpoint)]),
);

const prepareOne = async (
  { type, idempotencyKey, ifMatch: versions, ...members }: BatchedCommand,
  raw: Json,
  { queries, newEventId }: Services,
  from: From,
): Promise<Prepared> => {
  const { ask, addressOf } = commands[type];
  try {
    const asked = await ask(members, queries);
    const requestHash = requestHashOf(addressOf(members), raw, outside.get(type));
    return commandOf(asked, { ...from, idempotency: { key: idempotencyKey, requestHash }, versions }, newEventId);
  } catch (error) {
    return new NotAsked(error);
  }
};

// What must be looked up takes a connection of the pool, which others want, too.
const AT_ONCE = 8;

/**
 * The batch as commands of the ledger, each the very same as its request at its own address would make. Whatever must be looked up
 * for them is looked up here, so that all of them can then be submitted in their order.
 */
export const prepare = async (
  batch: readonly BatchedCommand[],
  raw: readonly Json[],
  services: Services,
  from: From,
): Promise<readonly Prepared[]> => {
  const prepared: Prepared[] = [];
  for (let start = 0; start < batch.length; start += AT_ONCE) {
    const few = batch
      .slice(start, start + AT_ONCE)
      .map((command, index) => prepareOne(command, raw[start + index] ?? {}, services, from));
    prepared.push(...(await Promise.all(few)));
  }
  return prepared;
};

/**
 * Submits them all in one transaction, and gives their results. Rejects with CommandRejected, or as the ledger does: then nothing
 * happened. What had to be looked up stands first among the rejections.
 */
export const submitTogether = async (
  prepared: readonly Prepared[],
  { ledger }: Services,
): Promise<readonly string[]> => {
  const ready = prepared.map((command, index) => {
    if (!(command instanceof NotAsked)) return command;
    throw command.reason instanceof DomainError ? new CommandRejected(command.reason, index) : command.reason;
  });
  const outcomes = await ledger.submitTogether(ready);
  return outcomes.map(presentOutcome);
};

export type Results = {
  readonly results: readonly string[];
  /** Some could not be taken now, and may be sent again later. */
  readonly isIncomplete: boolean;
};

/** Submits each for itself, in their order, and gives a result for each. */
export const submitEach = async (
  prepared: readonly Prepared[],
  { ledger, access }: Services,
  response: Response,
): Promise<Results> => {
  let isIncomplete = false;
  const failures = new Set<unknown>();
  const refuse = (error: unknown): string => {
    const problem = problemOfError(error);
    if (problem.code === 'INTERNAL_ERROR') failures.add(error);
    if (error instanceof AccessRefused) noteRefusal(access, response, error);
    isIncomplete ||= problemByCode[problem.code].status === 503;
    return presentRefusal(problem, requestIdOf(response));
  };
  const submit = async (command: Prepared): Promise<string> => {
    if (command instanceof NotAsked) return refuse(command.reason);
    try {
      return presentOutcome(await ledger.submit(command));
    } catch (error) {
      return refuse(error);
    }
  };
  const results = await Promise.all(prepared.map(submit));
  for (const error of failures) logFailure(response, error);
  return { results, isIncomplete };
};
