import { Connection } from '../client/connection.ts';
import { percentile } from '../report/figures.ts';
import { atMost, below } from '../report/finding.ts';
import { cpuTimeOfAll } from '../servers/process-figures.ts';
import { type AskedMoment, NaiveFold } from './naive-fold.ts';
import { type Filled, type Stage, untilSealed } from './stage.ts';
import { type Verdict } from './verdict.ts';

const PAGE = 50;
const WARM_UP = 50;
/** The limits of the 99th percentile, by the length of the account; none where there is nothing to keep to. */
const limits: Readonly<Record<number, number>> = { 100_000: 50, 1_000_000: 100 };
// An order of magnitude.
const MOST_TIMES = 10;

const SHORTEST = 1_000;

type Body = {
  readonly ledgerBalance: number;
  readonly version: number;
  readonly closingBalance: number;
  readonly entries: readonly { readonly version: number; readonly balanceAfter: number }[];
};

/** One way to ask: where, at which random moment, and whether what came back is what the events say. */
type Kind = {
  readonly name: string;
  readonly path: string;
  readonly moment: (fold: NaiveFold) => AskedMoment;
  readonly isRight: (body: Body, fold: NaiveFold, moment: AskedMoment) => boolean;
};

const someTime = ({ first, last }: NaiveFold): number => first + Math.floor(Math.random() * (last - first + 1));

const axes: Readonly<Record<string, (fold: NaiveFold) => AskedMoment>> = {
  asOf: (fold) => ({ asOf: someTime(fold) }),
  knownAt: (fold) => ({ knownAt: someTime(fold) }),
  'asOf and knownAt': (fold) => ({ asOf: someTime(fold), knownAt: someTime(fold) }),
  version: ({ events }) => ({ version: 1 + Math.floor(Math.random() * events) }),
};

const isBalanceRight: Kind['isRight'] = ({ ledgerBalance, version }, fold, moment) =>
  ledgerBalance === fold.balanceAt(moment) && version === fold.versionAt(moment);

const isStatementRight: Kind['isRight'] = ({ closingBalance, version, entries }, fold, moment) => {
  const lines = fold.linesAt(moment, PAGE);
  const said = entries.map(({ version: line, balanceAfter }) => ({ version: line, balanceAfter }));
  return (
    closingBalance === fold.balanceAt(moment) &&
    version === fold.versionAt(moment) &&
    JSON.stringify(said) === JSON.stringify(lines)
  );
};

const kinds: readonly Kind[] = [
  ...['balance', ''].flatMap((resource) =>
    Object.entries(axes).map(([axis, moment]) => ({
      name: `${resource === '' ? 'account' : resource} by ${axis}`,
      path: resource === '' ? '' : `/${resource}`,
      moment,
      isRight: isBalanceRight,
    })),
  ),
  {
    name: 'first page of the statement by knownAt',
    path: '/statement',
    moment: (fold) => ({ knownAt: someTime(fold) }),
    isRight: isStatementRight,
  },
];

const queryOf = ({ asOf, knownAt, version }: AskedMoment): string =>
  new URLSearchParams({
    ...(asOf !== undefined && { asOf: new Date(asOf).toISOString() }),
    ...(knownAt !== undefined && { knownAt: new Date(knownAt).toISOString() }),
    ...(version !== undefined && { version: String(version) }),
  }).toString();

type Asked = {
  readonly latencies: readonly number[];
  /** Milliseconds of processor time a request, of the API and of MongoDB; NaN where the machine does not tell. */
  readonly cpu: number;
  readonly wrong: readonly string[];
};

type Served = {
  readonly host: string;
  readonly connection: Connection;
  /** Of the API and of MongoDB. */
  readonly pids: readonly number[];
};

class Account {
  constructor(
    readonly fold: NaiveFold,
    private readonly accountId: string,
    private readonly served: Served,
  ) {}

  /** Asks so often, each time at another moment, and looks at each so-manieth answer. */
  async ask(kind: Kind, times: number, checkEach: number): Promise<Asked> {
    const { host, connection, pids } = this.served;
    const latencies: number[] = [];
    const wrong: string[] = [];
    const before = (await cpuTimeOfAll(pids)) ?? NaN;
    for (let time = 0; time < times; time += 1) {
      const moment = kind.moment(this.fold);
      const path = `/v1/accounts/${this.accountId}${kind.path}?${queryOf(moment)}`;
      const begun = performance.now();
      const { outcome, body } = await connection.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      latencies.push(performance.now() - begun);
      const isChecked = outcome !== 200 || time % checkEach === 0;
      if (isChecked && (outcome !== 200 || !kind.isRight(JSON.parse(body) as Body, this.fold, moment))) {
        wrong.push(`${path}: ${outcome} ${body.slice(0, 200)}`);
      }
    }
    const cpu = (((await cpuTimeOfAll(pids)) ?? NaN) - before) / 1_000 / times;
    return { latencies, cpu, wrong };
  }
}

const openAccounts = async (stage: Stage, filled: Filled, lengths: readonly number[]): Promise<readonly Account[]> => {
  const server = await stage.api(filled);
  await untilSealed(filled, stage);
  const url = new URL(server.url);
  const connection = await stage.closing.open(
    () => Promise.resolve(new Connection(url.hostname, Number(url.port))),
    (opened) => {
      opened.close();
      return Promise.resolve();
    },
  );
  const accounts: Account[] = [];
  for (const [place, accountId] of filled.accountIds.entries()) {
    const fold = await NaiveFold.of(filled.database, accountId);
    if (fold.events !== lengths[place]) throw new Error(`${accountId} has ${fold.events} events.`);
    accounts.push(
      new Account(fold, accountId, { host: url.host, connection, pids: [server.pid, ...stage.mongod.pids] }),
    );
  }
  return accounts;
};

const isShort = ({ fold }: Account): boolean => fold.events === SHORTEST;

const verdictsOf = (kind: Kind, asked: ReadonlyMap<Account, Asked>): readonly Verdict[] => {
  const p99Of = (account: Account): number => percentile([...(asked.get(account)?.latencies ?? [])], 0.99);
  const accounts = [...asked.keys()];
  const short = accounts.find(isShort);
  return accounts.flatMap((account) => {
    const limit = limits[account.fold.events];
    const what = `${kind.name}, ${account.fold.events.toLocaleString('en')} events: p99`;
    const within: Verdict = { what, value: p99Of(account), unit: 'ms', ...(limit && { target: below(limit) }) };
    if (!short || account === short) return [within];
    const times = { what: `${what} of that of 1,000`, value: p99Of(account) / p99Of(short), unit: '×' };
    return [within, { ...times, target: atMost(MOST_TIMES) }];
  });
};

export type MomentsOptions = { readonly events: number; readonly requests: number };

/** Asks accounts of 1,000 events, of a tenth of the longest, and of the longest for random moments of their past. */
export const moments = async (stage: Stage, { events, requests }: MomentsOptions): Promise<readonly Verdict[]> => {
  const lengths = [SHORTEST, events / 10, events];
  const orders = lengths.map((length) => ({ accounts: 1, events: length, transfers: 0 }));
  const accounts = await openAccounts(stage, await stage.filled('moments', orders), lengths);
  const verdicts: Verdict[] = [];
  const wrong: string[] = [];
  const heads = ['p50 ms', 'p99', 'max', 'CPU ms'].map((head) => head.padStart(9)).join('');
  stage.report(`${'asked'.padEnd(42)}${'events'.padStart(10)}${heads}`);
  for (const kind of kinds) {
    for (const account of accounts) await account.ask(kind, WARM_UP, WARM_UP);
    const asked = new Map<Account, Asked>();
    for (const account of accounts) {
      const result = await account.ask(kind, requests, 25);
      asked.set(account, result);
      wrong.push(...result.wrong);
      const figures = [...[0.5, 0.99, 1].map((share) => percentile([...result.latencies], share)), result.cpu];
      const cells = figures.map((figure) => figure.toFixed(1).padStart(9)).join('');
      stage.report(`${kind.name.padEnd(42)}${String(account.fold.events).padStart(10)}${cells}`);
    }
    verdicts.push(...verdictsOf(kind, asked));
  }
  wrong.slice(0, 20).forEach((line) => stage.report(`WRONG: ${line}`));
  return [
    ...verdicts,
    { what: 'answers that were not those of a naive fold', value: wrong.length, unit: 'answers', target: atMost(0) },
  ];
};
