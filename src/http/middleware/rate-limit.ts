import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Access } from '../../application/access/access.ts';
import { RequestError } from '../problem-details.ts';
import { principalOf } from './authentication.ts';

const MINUTE = 60_000;

/**
 * So many requests a minute for each principal, counted in the memory of this process: behind several, each has as many for itself.
 * The headers are those of draft-ietf-httpapi-ratelimit-headers-08. Rejects with RATE_LIMITED.
 */
export const limitRate = ({ requestsPerMinute }: Pick<Access, 'requestsPerMinute'>): RequestHandler =>
  rateLimit({
    windowMs: MINUTE,
    limit: (_request, response) => requestsPerMinute(principalOf(response)),
    skip: (_request, response) => requestsPerMinute(principalOf(response)) === 0,
    identifier: 'requests',
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_request, response) => principalOf(response).id,
    handler: (_request, response, next) => {
      const retryAfter = response.getHeader('Retry-After');
      next(new RequestError('RATE_LIMITED', [], { 'Retry-After': String(retryAfter ?? MINUTE / 1_000) }));
    },
  });
