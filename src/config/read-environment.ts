import { type Environment, environmentSchema, hasIssuer, mayBeOpen } from './environment.ts';

/** Settings that cannot be used; the message lists every problem. */
export class BadEnvironment extends Error {
  override readonly name = 'BadEnvironment';
}

type Rule = { readonly isBroken: (environment: Environment) => boolean; readonly sentence: string };

const rules: readonly Rule[] = [
  {
    isBroken: ({ DAYBOOK_REBUILD_MONGODB_URI, MONGODB_URI }) =>
      DAYBOOK_REBUILD_MONGODB_URI !== undefined && MONGODB_URI === undefined,
    sentence: 'DAYBOOK_REBUILD_MONGODB_URI: needs MONGODB_URI, which names the same database',
  },
  {
    isBroken: ({ DAYBOOK_AUTH, DAYBOOK_APPROVAL_ABOVE }) =>
      DAYBOOK_AUTH === 'open' && DAYBOOK_APPROVAL_ABOVE !== undefined,
    sentence:
      'DAYBOOK_AUTH: must not be open where DAYBOOK_APPROVAL_ABOVE is given: all callers of an open server are one principal',
  },
  {
    isBroken: ({ DAYBOOK_STORAGE, DAYBOOK_WORKERS }) => DAYBOOK_STORAGE === 'memory' && DAYBOOK_WORKERS > 0,
    sentence: 'DAYBOOK_WORKERS: must be 0 where DAYBOOK_STORAGE is memory, which no other process can read',
  },
  {
    isBroken: ({ DAYBOOK_JWKS_URL, DAYBOOK_JWKS_FILE }) =>
      DAYBOOK_JWKS_URL !== undefined && DAYBOOK_JWKS_FILE !== undefined,
    sentence: 'DAYBOOK_JWKS_FILE: must be left out where DAYBOOK_JWKS_URL is given',
  },
  {
    isBroken: (environment) => hasIssuer(environment) && environment.DAYBOOK_JWT_ISSUER === undefined,
    sentence: 'DAYBOOK_JWT_ISSUER: must be given with the keys of an issuer',
  },
  {
    isBroken: (environment) => hasIssuer(environment) && environment.DAYBOOK_JWT_AUDIENCE === undefined,
    sentence: 'DAYBOOK_JWT_AUDIENCE: must be given with the keys of an issuer',
  },
  {
    isBroken: (environment) => !hasIssuer(environment) && environment.DAYBOOK_JWT_ISSUER !== undefined,
    sentence: 'DAYBOOK_JWT_ISSUER: needs its keys, in DAYBOOK_JWKS_URL or DAYBOOK_JWKS_FILE',
  },
  {
    isBroken: (environment) => environment.DAYBOOK_AUTH === 'open' && !mayBeOpen(environment),
    sentence: 'DAYBOOK_AUTH: must not be open in production, nor where HOST can be reached from other machines',
  },
  {
    isBroken: (environment) => environment.DAYBOOK_AUTH === 'open' && hasIssuer(environment),
    sentence: 'DAYBOOK_AUTH: must not be open where there is an issuer of tokens',
  },
];

/** Settings that are right each for itself, and not together. */
const contradictionsIn = (environment: Environment): readonly string[] =>
  rules.filter(({ isBroken }) => isBroken(environment)).map(({ sentence }) => sentence);

/** Reads and checks every setting; unknown DAYBOOK_ names are taken for typing errors. Rejects with BadEnvironment. */
export const readEnvironment = (source: Readonly<Record<string, string | undefined>>): Environment => {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environmentSchema.safeParse(given);
  const unknown = Object.keys(given).filter(
    (name) => name.startsWith('DAYBOOK_') && !(name in environmentSchema.shape),
  );
  const problems = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
    ...(parsed.data ? contradictionsIn(parsed.data) : []),
    ...unknown.map((name) => `${name}: is not a setting of Daybook`),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new BadEnvironment(`These settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
};
