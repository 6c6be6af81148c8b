import { type Environment, environmentSchema, hasIssuer, mayBeOpen } from './environment.ts';

/** Settings that cannot be used; the message lists every problem. */
export class BadEnvironment extends Error {
  override readonly name = 'BadEnvironment';
}

type Rule = {
  /** What it looks at: where one of these cannot even be read, it says nothing. */
  readonly of: readonly (keyof Environment)[];
  readonly isBroken: (environment: Environment) => boolean;
  readonly sentence: string;
};

const ofIssuer = ['DAYBOOK_JWKS_URL', 'DAYBOOK_JWKS_FILE', 'DAYBOOK_JWT_ISSUER', 'DAYBOOK_JWT_AUDIENCE'] as const;

const rules: readonly Rule[] = [
  {
    of: ['DAYBOOK_REBUILD_MONGODB_URI', 'MONGODB_URI'],
    isBroken: ({ DAYBOOK_REBUILD_MONGODB_URI, MONGODB_URI }) =>
      DAYBOOK_REBUILD_MONGODB_URI !== undefined && MONGODB_URI === undefined,
    sentence: 'DAYBOOK_REBUILD_MONGODB_URI: needs MONGODB_URI, which names the same database',
  },
  {
    of: ['DAYBOOK_AUTH', 'DAYBOOK_APPROVAL_ABOVE'],
    isBroken: ({ DAYBOOK_AUTH, DAYBOOK_APPROVAL_ABOVE }) =>
      DAYBOOK_AUTH === 'open' && DAYBOOK_APPROVAL_ABOVE !== undefined,
    sentence:
      'DAYBOOK_AUTH: must not be open where DAYBOOK_APPROVAL_ABOVE is given: all callers of an open server are one principal',
  },
  {
    of: ['DAYBOOK_STORAGE', 'DAYBOOK_WORKERS'],
    isBroken: ({ DAYBOOK_STORAGE, DAYBOOK_WORKERS }) => DAYBOOK_STORAGE === 'memory' && DAYBOOK_WORKERS > 0,
    sentence: 'DAYBOOK_WORKERS: must be 0 where DAYBOOK_STORAGE is memory, which no other process can read',
  },
  {
    of: ofIssuer,
    isBroken: ({ DAYBOOK_JWKS_URL, DAYBOOK_JWKS_FILE }) =>
      DAYBOOK_JWKS_URL !== undefined && DAYBOOK_JWKS_FILE !== undefined,
    sentence: 'DAYBOOK_JWKS_FILE: must be left out where DAYBOOK_JWKS_URL is given',
  },
  {
    of: ofIssuer,
    isBroken: (environment) => hasIssuer(environment) && environment.DAYBOOK_JWT_ISSUER === undefined,
    sentence: 'DAYBOOK_JWT_ISSUER: must be given with the keys of an issuer',
  },
  {
    of: ofIssuer,
    isBroken: (environment) => hasIssuer(environment) && environment.DAYBOOK_JWT_AUDIENCE === undefined,
    sentence: 'DAYBOOK_JWT_AUDIENCE: must be given with the keys of an issuer',
  },
  {
    of: ofIssuer,
    isBroken: (environment) => !hasIssuer(environment) && environment.DAYBOOK_JWT_ISSUER !== undefined,
    sentence: 'DAYBOOK_JWT_ISSUER: needs its keys, in DAYBOOK_JWKS_URL or DAYBOOK_JWKS_FILE',
  },
  {
    of: ['DAYBOOK_AUTH', 'HOST', 'NODE_ENV'],
    isBroken: (environment) => environment.DAYBOOK_AUTH === 'open' && !mayBeOpen(environment),
    sentence: 'DAYBOOK_AUTH: must not be open in production, nor where HOST can be reached from other machines',
  },
  {
    of: ['DAYBOOK_AUTH', ...ofIssuer],
    isBroken: (environment) => environment.DAYBOOK_AUTH === 'open' && hasIssuer(environment),
    sentence: 'DAYBOOK_AUTH: must not be open where there is an issuer of tokens',
  },
];

type Given = Readonly<Record<string, string | undefined>>;

/** Settings that are right each for itself, and not together; those that are wrong by themselves are left aside. */
const contradictionsIn = (given: Given, wrong: ReadonlySet<string>): readonly string[] => {
  const environment = environmentSchema.parse(
    Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.has(name))),
  );
  return rules
    .filter(({ of, isBroken }) => !of.some((name) => wrong.has(name)) && isBroken(environment))
    .map(({ sentence }) => sentence);
};

/** Reads and checks every setting; unknown DAYBOOK_ names are taken for typing errors. Rejects with BadEnvironment. */
export const readEnvironment = (source: Given): Environment => {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environmentSchema.safeParse(given);
  const unknown = Object.keys(given).filter(
    (name) => name.startsWith('DAYBOOK_') && !(name in environmentSchema.shape),
  );
  const issues = parsed.error?.issues ?? [];
  const wrong = new Set(issues.map(({ path }) => String(path[0])));
  const problems = [
    ...issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    ...contradictionsIn(given, wrong),
    ...unknown.map((name) => `${name}: is not a setting of Daybook`),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new BadEnvironment(`These settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
};
