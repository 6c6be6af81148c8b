import { describe, expect, it } from 'vitest';
import { BadEnvironment, readEnvironment } from '../../../src/config/read-environment.ts';

const problemsOf = (source: Record<string, string | undefined>): readonly string[] => {
  try {
    readEnvironment(source);
    return [];
  } catch (error) {
    if (!(error instanceof BadEnvironment)) throw error;
    return error.message.split('\n').slice(1);
  }
};

describe('settings', () => {
  it('have defaults that work', () => {
    expect(readEnvironment({})).toMatchObject({
      PORT: 3000,
      HOST: '127.0.0.1',
      DAYBOOK_STORAGE: 'mongo',
      DAYBOOK_BATCH_LIMIT: 256,
      DAYBOOK_QUEUE_LIMIT: 10_000,
    });
  });

  it('are those that are given', () => {
    const uri = 'mongodb+srv://user:secret@example.org/daybook?replicaSet=rs0';
    expect(readEnvironment({ PORT: '0', DAYBOOK_STORAGE: 'memory', MONGODB_URI: uri })).toMatchObject({
      PORT: 0,
      DAYBOOK_STORAGE: 'memory',
      MONGODB_URI: uri,
    });
  });

  it('that are empty count as left out', () => {
    expect(readEnvironment({ PORT: '', MONGODB_URI: '', DAYBOOK_STORAGE: '' })).toStrictEqual(readEnvironment({}));
  });

  it('of other programs are left alone', () => {
    expect(readEnvironment({ PATH: '/bin', daybook_x: '1', MY_DAYBOOK_X: '1' })).toStrictEqual(readEnvironment({}));
  });

  const wrong: readonly [string, string][] = [
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', 'http'],
    ['PORT', '3000.5'],
    ['LOG_LEVEL', 'loud'],
    ['DAYBOOK_STORAGE', 'postgres'],
    ['MONGODB_URI', 'localhost:27017'],
    ['MONGODB_URI', 'http://localhost'],
    ['MONGODB_URI', 'mongodb://local host'],
    ['DAYBOOK_BATCH_LIMIT', '0'],
    ['DAYBOOK_BATCH_LIMIT', '1001'],
    ['DAYBOOK_QUEUE_LIMIT', 'NaN'],
    ['DAYBOOK_COMMAND_TIMEOUT_MS', '99'],
    ['DAYBOOK_IDEMPOTENCY_KEY_DAYS', '0'],
    ['DAYBOOK_APPROVAL_ABOVE', 'EUR'],
    ['DAYBOOK_APPROVAL_ABOVE', 'EUR:1.5'],
    ['DAYBOOK_APPROVAL_ABOVE', 'EUR:-1'],
    ['DAYBOOK_APPROVAL_ABOVE', 'eur:1'],
    ['DAYBOOK_APPROVAL_ABOVE', 'XXX:1'],
    ['DAYBOOK_APPROVAL_ABOVE', 'EUR:9007199254740992'],
    ['DAYBOOK_APPROVAL_ABOVE', 'EUR:1,EUR:2'],
    ['DAYBOOK_APPROVAL_ABOVE', 'EUR:1,'],
    ['DAYBOOK_PROPOSAL_DAYS', '0'],
    ['DAYBOOK_SHUTDOWN_TIMEOUT_MS', 'Infinity'],
    ['DAYBOOK_WORKERS', '-1'],
    ['DAYBOOK_WORKERS', '257'],
    ['DAYBOOK_PEER_HOST', '0.0.0.0'],
    ['DAYBOOK_PEER_HOST', '::'],
    ['DAYBOOK_AUTH', 'closed'],
    ['DAYBOOK_JWKS_URL', 'http://issuer.example/jwks'],
    ['DAYBOOK_JWKS_URL', 'http://127.0.0.1.example.com/jwks'],
    ['DAYBOOK_JWKS_URL', 'http://localhost@issuer.example/jwks'],
    ['DAYBOOK_JWT_ALGORITHMS', 'HS256'],
    ['DAYBOOK_JWT_ALGORITHMS', 'none'],
    ['DAYBOOK_JWT_ALGORITHMS', 'ES256;PS256'],
    ['DAYBOOK_RATE_LIMIT', '-1'],
    ['DAYBOOK_MONGO_POOL', '1'],
    ['DAYBOOK_JOURNAL_NAME', 'my ledger'],
    ['DAYBOOK_JOURNAL_NAME', 'my+ledger'],
  ];

  it.each(wrong)('%s cannot be %s', (name, value) => {
    expect(problemsOf({ [name]: value })).toStrictEqual([expect.stringContaining(`${name}: `)]);
  });

  it('that are wrong are all named at once, with those that do not exist', () => {
    const problems = problemsOf({
      PORT: 'x',
      LOG_LEVEL: 'loud',
      MONGODB_URI: 'here',
      DAYBOOK_BATCH_LIMIT: '0',
      DAYBOOK_BATCHLIMIT: '5',
      DAYBOOK_: '5',
    });
    expect(problems.map((line) => line.trim().split(':')[0])).toStrictEqual([
      'PORT',
      'LOG_LEVEL',
      'MONGODB_URI',
      'DAYBOOK_BATCH_LIMIT',
      'DAYBOOK_BATCHLIMIT',
      'DAYBOOK_',
    ]);
  });

  it('that contradict each other are named beside those that are wrong by themselves', () => {
    const wrong = { PORT: 'x', DAYBOOK_AUTH: 'open', HOST: '0.0.0.0', DAYBOOK_BATCHLIMIT: '5' };
    expect(problemsOf(wrong).map((line) => line.trim().split(':')[0])).toStrictEqual([
      'PORT',
      'DAYBOOK_AUTH',
      'DAYBOOK_BATCHLIMIT',
    ]);
  });

  it('that cannot even be read contradict nothing', () => {
    const wrong = { DAYBOOK_JWKS_URL: 'here', DAYBOOK_JWT_ISSUER: 'https://issuer.example', DAYBOOK_AUTH: 'closed' };
    expect(problemsOf(wrong).map((line) => line.trim().split(':')[0])).toStrictEqual([
      'DAYBOOK_AUTH',
      'DAYBOOK_JWKS_URL',
    ]);
  });

  it('have amounts that need approval by currency, each wrong one named', () => {
    const read = (text: string) => readEnvironment({ DAYBOOK_APPROVAL_ABOVE: text }).DAYBOOK_APPROVAL_ABOVE;
    expect(read('')).toBeUndefined();
    expect(read('EUR:0, JPY:9007199254740991')).toStrictEqual(
      new Map([
        ['EUR', 0n],
        ['JPY', 9_007_199_254_740_991n],
      ]),
    );
    const problems = problemsOf({ DAYBOOK_APPROVAL_ABOVE: 'EUR:1,USD:x,YEN:5' });
    expect(problems).toStrictEqual([
      expect.stringContaining('USD:x is none'),
      expect.stringContaining('YEN:5 is none'),
    ]);
  });

  it('that do not exist are taken for typing errors', () => {
    expect(problemsOf({ DAYBOOK_STORAGES: 'memory' })).toStrictEqual([
      '  DAYBOOK_STORAGES: is not a setting of Daybook',
    ]);
  });

  it('have no workers where the ledger is in the memory of one process', () => {
    expect(problemsOf({ DAYBOOK_STORAGE: 'memory', DAYBOOK_WORKERS: '2' })).toStrictEqual([
      '  DAYBOOK_WORKERS: must be 0 where DAYBOOK_STORAGE is memory, which no other process can read',
    ]);
    expect(problemsOf({ DAYBOOK_STORAGE: 'memory', DAYBOOK_WORKERS: '0' })).toStrictEqual([]);
    expect(problemsOf({ DAYBOOK_STORAGE: 'mongo', DAYBOOK_WORKERS: '2' })).toStrictEqual([]);
  });

  const issuer = {
    DAYBOOK_JWKS_URL: 'https://issuer.example/jwks',
    DAYBOOK_JWT_ISSUER: 'https://issuer.example',
    DAYBOOK_JWT_AUDIENCE: 'daybook',
  };

  it.each<[Record<string, string>, string]>([
    [{ DAYBOOK_AUTH: 'open', HOST: '0.0.0.0' }, 'DAYBOOK_AUTH'],
    [{ DAYBOOK_AUTH: 'open', DAYBOOK_APPROVAL_ABOVE: 'EUR:1' }, 'DAYBOOK_AUTH'],
    [{ DAYBOOK_AUTH: 'open', HOST: '127.0.0.1.example.com' }, 'DAYBOOK_AUTH'],
    [{ DAYBOOK_AUTH: 'open', NODE_ENV: 'production' }, 'DAYBOOK_AUTH'],
    [{ DAYBOOK_AUTH: 'open', ...issuer }, 'DAYBOOK_AUTH'],
    [{ ...issuer, DAYBOOK_JWKS_FILE: 'jwks.json' }, 'DAYBOOK_JWKS_FILE'],
    [{ ...issuer, DAYBOOK_JWT_ISSUER: '' }, 'DAYBOOK_JWT_ISSUER'],
    [{ ...issuer, DAYBOOK_JWT_AUDIENCE: '' }, 'DAYBOOK_JWT_AUDIENCE'],
    [{ DAYBOOK_JWT_ISSUER: 'https://issuer.example' }, 'DAYBOOK_JWT_ISSUER'],
  ])('do not let in whom nobody has checked: %j', (source, name) => {
    expect(problemsOf(source)).toStrictEqual([expect.stringContaining(`${name}: `)]);
  });

  it('take tokens of an issuer, signed in one of three ways', () => {
    expect(readEnvironment(issuer).DAYBOOK_JWT_ALGORITHMS).toStrictEqual(['ES256', 'PS256', 'EdDSA']);
    const own = { ...issuer, DAYBOOK_JWT_ALGORITHMS: 'RS256, ES384' };
    expect(readEnvironment(own).DAYBOOK_JWT_ALGORITHMS).toStrictEqual(['RS256', 'ES384']);
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('may leave a server open that listens on %s', (HOST) => {
    expect(problemsOf({ DAYBOOK_AUTH: 'open', HOST })).toStrictEqual([]);
  });

  it('never show a password', () => {
    expect(problemsOf({ MONGODB_URI: 'mongo://user:secret@host' }).join()).not.toContain('secret');
  });
});
