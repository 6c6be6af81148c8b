import type { RequestHandler, Response } from 'express';
import { MemoryStore, rateLimit } from 'express-rate-limit';
import type { Access } from '../../application/access/access.ts';
import { RequestError } from '../problem-details.ts';
import { principalOf } from './authentication.ts';

const MINUTE = 60_000;

const limited = (seconds: number): RequestError =>
  new RequestError('RATE_LIMITED', [], { 'Retry-After': String(Math.max(1, seconds)) });

/** Where the requests of the principal are counted in this minute. */
type Counting = { readonly counts: MemoryStore; readonly key: string; readonly limit: number };

const startCounting =
  ({ requestsPerMinute }: Pick<Access, 'requestsPerMinute'>, counts: MemoryStore): RequestHandler =>
  (_request, response, next) => {
    const principal = principalOf(response);
    const limit = requestsPerMinute(principal);
    if (limit > 0) response.locals.counting = { counts, key: principal.id, limit } satisfies Counting;
    next();
  };

/**
 * So many requests a minute for each principal, counted in the memory of this process: behind several, each has as many for itself.
 * The headers are those of draft-ietf-httpapi-ratelimit-headers-08. Rejects with RATE_LIMITED.
 */
export const limitRate = (access: Pick<Access, 'requestsPerMinute'>): readonly RequestHandler[] => {
  const { requestsPerMinute } = access;
  const store = new MemoryStore();
  const limiter = rateLimit({
    store,
    windowMs: MINUTE,
    limit: (_request, response) => requestsPerMinute(principalOf(response)),
    skip: (_request, response) => requestsPerMinute(principalOf(response)) === 0,
    identifier: 'requests',
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_request, response) => principalOf(response).id,
    handler: (_request, response, next) => {
      next(limited(Number(response.getHeader('Retry-After') ?? MINUTE / 1_000)));
    },
  });
  return [limiter, startCounting(access, store)];
};

const tellWhatIsLeft = (response: Response, left: number): void => {
  const told = response.getHeader('RateLimit');
  if (typeof told === 'string') response.setHeader('RateLimit', told.replace(/\br=\d+/, `r=${left}`));
};

/**
 * Counts a request as so many, once it is known what it asks for: whoever may send few of them must not have all in one. It is carried
 * out where anything was left for it, however much it asks for, and what it takes is missing then. Rejects with RATE_LIMITED.
 */
export const countAs = async (response: Response, weight: number): Promise<void> => {
  const counting = response.locals.counting as Counting | undefined;
  if (!counting || weight <= 1) return;
  const { counts, key, limit } = counting;
  // The store gives what it keeps. As one it is counted already, and now for a second time.
  const kept = await counts.increment(key);
  const before = kept.totalHits - 1;
  kept.totalHits = before <= limit ? before + weight - 1 : before;
  tellWhatIsLeft(response, Math.max(0, limit - kept.totalHits));
  if (before > limit) throw limited(Math.ceil(((kept.resetTime?.getTime() ?? 0) - Date.now()) / 1_000));
};
