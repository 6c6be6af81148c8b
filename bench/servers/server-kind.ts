/** One way to run the API. Everything that is not named here is as in production. */
export type ServerKind = {
  readonly name: string;
  /** Its database, beside those of the others in one MongoDB. */
  readonly database: string;
  readonly settings: Readonly<Record<string, string>>;
};

export const groupCommit: ServerKind = { name: 'default', database: 'default', settings: {} };

export const oneCommandATransaction: ServerKind = {
  name: 'batch limit 1',
  database: 'batch-limit-1',
  settings: { DAYBOOK_BATCH_LIMIT: '1' },
};
