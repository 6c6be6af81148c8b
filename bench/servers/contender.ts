/** Where MongoDB runs: always on this machine. */
export type Place = 'one-node' | 'three-nodes';

/** One way to run the API, or what stands in its place. Everything that is not named here is as in production. */
export type ApiContender = {
  readonly kind: 'ledger' | 'door' | 'one-transaction';
  readonly name: string;
  readonly place: Place;
  readonly processes: number;
  readonly settings: Readonly<Record<string, string>>;
};

/** Transactions of the plain driver, with so many commands in each, one after the other. */
export type BareDriver = {
  readonly kind: 'bare-driver';
  readonly name: string;
  readonly place: Place;
  readonly batch: number;
};

/** Who is measured. Each has a database of its own. */
export type Contender = ApiContender | BareDriver;

const suffix: Readonly<Record<Place, string>> = { 'one-node': '', 'three-nodes': ', 3 nodes' };

const single = { processes: 1, settings: {} } as const;

/** The ledger with every setting as it comes, in one process or in several on one database. */
export const ledgerAt = (place: Place, processes = 1): ApiContender => {
  const several = processes === 1 ? '' : `, ${processes} processes`;
  const name = `ledger${several}${suffix[place]}`;
  return { kind: 'ledger', name, place, processes, settings: {} };
};

/** The same app without a database: the limit of the HTTP side. */
export const doorAt = (place: Place): ApiContender => ({
  ...single,
  kind: 'door',
  name: `door${suffix[place]}`,
  place,
});

/** One transaction per command, all of them side by side: what services do without group commit. */
export const oneTransactionAt = (place: Place): ApiContender => ({
  ...single,
  kind: 'one-transaction',
  name: `one transaction each${suffix[place]}`,
  place,
  settings: { DAYBOOK_MONGO_POOL: '64' },
});

/** The limit of the database: the same writes, and nothing else. */
export const bareDriver = (batch: number): BareDriver => ({
  kind: 'bare-driver',
  name: `bare driver, ${batch.toLocaleString('en')} a txn`,
  place: 'one-node',
  batch,
});

export const ledger = ledgerAt('one-node');
export const withoutAudit: ApiContender = {
  ...ledger,
  name: 'ledger, no audit',
  settings: { DAYBOOK_AUDIT_EVENTS_PER_SECOND: '0' },
};
export const door = doorAt('one-node');
export const oneTransaction = oneTransactionAt('one-node');

/** Whether what it acknowledges can be found in it afterwards, over HTTP. */
export const keepsMoney = ({ kind }: Contender): boolean => kind === 'ledger' || kind === 'one-transaction';
