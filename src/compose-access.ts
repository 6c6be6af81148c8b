import { type Access, identifyNobody, identifyWith } from './application/access/access.ts';
import { AccessLog } from './application/access/access-log.ts';
import { apiKeysTable } from './application/access/api-keys.ts';
import { KeyKeeper } from './application/access/key-keeper.ts';
import { KnownKeys } from './application/access/known-keys.ts';
import { AccountOwners } from './application/access/own-accounts.ts';
import type { Clock } from './application/ports/clock.ts';
import type { Log } from './application/ports/log.ts';
import type { Storage } from './application/ports/storage.ts';
import { type Environment, hasIssuer, mayBeOpen } from './config/environment.ts';
import { fileTimes, keysAtUrl, keysInFile, urlTimes } from './tokens/key-set.ts';
import { Tokens } from './tokens/tokens.ts';

type AccessSettings = Pick<
  Environment,
  | 'DAYBOOK_JWKS_URL'
  | 'DAYBOOK_JWKS_FILE'
  | 'DAYBOOK_JWT_ISSUER'
  | 'DAYBOOK_JWT_AUDIENCE'
  | 'DAYBOOK_JWT_ALGORITHMS'
  | 'DAYBOOK_RATE_LIMIT'
  | 'DAYBOOK_OWNER_RATE_LIMIT'
>;

/** Undefined where there is no issuer. */
const composeTokens = (settings: AccessSettings, clock: Clock, log: Log): Tokens | undefined => {
  const { DAYBOOK_JWT_ISSUER: issuer, DAYBOOK_JWT_AUDIENCE: audience, DAYBOOK_JWT_ALGORITHMS: algorithms } = settings;
  const { DAYBOOK_JWKS_URL: url, DAYBOOK_JWKS_FILE: file } = settings;
  if (issuer === undefined || audience === undefined) return undefined;
  const rules = { issuer, audience, algorithms };
  if (url !== undefined) return new Tokens(rules, { fetchKeys: keysAtUrl(url), times: urlTimes }, { clock, log });
  if (file === undefined) return undefined;
  return new Tokens(rules, { fetchKeys: keysInFile(file), times: fileTimes }, { clock, log });
};

/** Who may do what. Without settings, whoever asks may do everything. */
export const composeAccess = (storage: Storage, settings: AccessSettings | 'open', log: Log, clock: Clock): Access => {
  const known = new KnownKeys(storage, clock);
  const parts = {
    keys: new KeyKeeper(storage, clock, (prefix) => known.forget(prefix)),
    owners: new AccountOwners(storage),
    log: new AccessLog(storage, clock, log),
  };
  if (settings === 'open') return { ...parts, isOpen: true, identify: identifyNobody, requestsPerMinute: () => 0 };
  const tokens = composeTokens(settings, clock, log);
  const identify = identifyWith({ keys: known, tokens: tokens && ((token, trace) => tokens.identify(token, trace)) });
  const { DAYBOOK_RATE_LIMIT: ofAll, DAYBOOK_OWNER_RATE_LIMIT: ofOwner } = settings;
  const requestsPerMinute: Access['requestsPerMinute'] = ({ ownerId }) => (ownerId === undefined ? ofAll : ofOwner);
  return { ...parts, isOpen: false, identify, requestsPerMinute };
};

/** The server would be open to others than the people on this machine; the message says what to do. */
export class UnguardedServer extends Error {
  override readonly name = 'UnguardedServer';
}

/** Whether anybody has ever made an API key here. */
export const hasApiKeys = async (storage: Storage): Promise<boolean> =>
  (await storage.table(apiKeysTable).range({ order: ['_id'], limit: 1 })).length > 0;

/** Whether callers are asked who they are. Rejects with UnguardedServer where they must be, and nobody could say. */
export const mustAsk = async (environment: Environment, storage: Storage): Promise<boolean> => {
  const { DAYBOOK_AUTH, DAYBOOK_APPROVAL_ABOVE, HOST, NODE_ENV } = environment;
  if (DAYBOOK_AUTH !== undefined) return DAYBOOK_AUTH === 'required';
  // Where all are one principal, nobody could approve anything.
  if (DAYBOOK_APPROVAL_ABOVE) return true;
  if (hasIssuer(environment) || (await hasApiKeys(storage))) return true;
  if (mayBeOpen(environment)) return false;
  const reason = NODE_ENV === 'production' ? 'NODE_ENV is production' : `HOST is ${HOST}`;
  throw new UnguardedServer(
    `${reason}, and there is no API key and no issuer of tokens: whoever reached this server could do everything, so it does not start.\n` +
      'Make a key:               npm run keys -- create --name "<whose>" --scopes accounts:read,money:write\n' +
      'or name an issuer:        DAYBOOK_JWKS_URL, DAYBOOK_JWT_ISSUER, DAYBOOK_JWT_AUDIENCE\n' +
      'or make the key later:    DAYBOOK_AUTH=required',
  );
};
