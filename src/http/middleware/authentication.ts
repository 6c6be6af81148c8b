import type { Request, RequestHandler, Response } from 'express';
import { type Access, credentialIn } from '../../application/access/access.ts';
import type { AccessEntry } from '../../application/access/access-log.ts';
import { prefixOf } from '../../application/access/api-keys.ts';
import { type AccessRefused, mustHave, type Principal, type Scope } from '../../application/access/principal.ts';
import type { Envelope, Origin } from '../../application/commands/command.ts';
import { requestIdOf, traceOf } from './request-context.ts';

/** Who sent the request. Every endpoint with a scope has one. */
export const principalOf = (response: Response): Principal => {
  const principal = response.locals.principal as Principal | undefined;
  if (!principal) throw new Error('nobody was asked who this is');
  return principal;
};

/** Finds out who asks. Rejects with UNAUTHENTICATED, AccessUndecided, StorageUnavailable. */
export const authenticate =
  ({ identify }: Access): RequestHandler =>
  (request, response, next) => {
    const settle = (principal: Principal): void => {
      response.locals.principal = principal;
      next();
    };
    const found = identify(request.headers.authorization, traceOf(response));
    // Most are known already: no promise, no turn.
    if (found instanceof Promise) found.then(settle, next);
    else settle(found);
  };

/** Rejects with FORBIDDEN. */
export const authorize =
  (scope: Scope): RequestHandler =>
  (_request, response, next) => {
    mustHave(principalOf(response), scope);
    next();
  };

/** What the access log says of a request, whatever became of it. */
export const whoAsks = (
  request: Request,
  response: Response,
): Pick<AccessEntry, 'actor' | 'route' | 'from' | 'requestId'> => ({
  actor: (response.locals.principal as Principal | undefined)?.id ?? 'unknown',
  route: `${request.method} ${(response.locals.route as string | undefined) ?? 'unmatched'}`,
  from: request.socket.remoteAddress ?? 'unknown',
  requestId: requestIdOf(response),
});

/** Where a request came from. */
export const originOf = (response: Response): Origin => {
  const { route, from } = whoAsks(response.req, response);
  return { route, from };
};

/** That a command of this request may be kept as a proposal. */
export const proposableBy = ({ ownerId }: Principal, response: Response): NonNullable<Envelope['proposable']> => ({
  ...originOf(response),
  ...(ownerId !== undefined && { ownerId }),
});

export const setOperation = (response: Response, id: string): void => {
  response.locals.operation = id;
};

const operationOf = (response: Response): string => (response.locals.operation as string | undefined) ?? 'unmatched';

const outcomes = { UNAUTHENTICATED: 'unauthenticated', FORBIDDEN: 'forbidden', OWN_PROPOSAL: 'forbidden' } as const;

/** Writes down that somebody was refused. A key that was shown is named by its prefix, whoever showed it, and an own proposal by its id. */
export const noteRefusal = ({ log }: Access, response: Response, { code, details }: AccessRefused): void => {
  const { req: request } = response;
  const shown = code === 'UNAUTHENTICATED' ? prefixOf(credentialIn(request.headers.authorization) ?? '') : undefined;
  const about = shown ?? details.proposalId?.toString();
  log.refuse({
    ...whoAsks(request, response),
    what: operationOf(response),
    outcome: outcomes[code],
    ...(about !== undefined && { about }),
  });
};

/** Writes down that somebody asked for an account, a transfer or a proposal that is missing or another's. */
export const noteStranger = ({ log }: Access, response: Response, about: string): void => {
  log.refuse({
    ...whoAsks(response.req, response),
    what: operationOf(response),
    outcome: 'not_own',
    ...(about !== '' && { about }),
  });
};
