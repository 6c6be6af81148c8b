import type { RequestHandler } from 'express';
import { AccessRefused } from '../../application/access/principal.ts';

const ownName = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/**
 * A server that is open takes whatever is asked on this machine. So it must be asked by a name that no other can have: a page in a browser
 * here, of a site whose name was made to lead to this machine, would be taken for one of the server's own (DNS rebinding). Rejects with
 * FORBIDDEN.
 */
export const mustNameThisMachine: RequestHandler = ({ headers: { host } }, _response, next) => {
  if (host !== undefined && !ownName.test(host)) {
    throw new AccessRefused('FORBIDDEN', { reason: 'an open server is asked as localhost, and by no other name' });
  }
  next();
};
