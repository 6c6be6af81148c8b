import type { LocalReplicaSetError } from './local-replica-set-error.ts';
import type { Report } from './report.ts';

export type LocalReplicaSetOptions = {
  /** Where the data is, and everything else about this MongoDB. It is created when it is not there. */
  readonly dataDirectory: string;
  /** Gives the path of the mongod; only asked when one has to be started. */
  readonly findMongod: () => Promise<string>;
  readonly report: Report;
  /** Whether to use the mongod of another Daybook process that runs on this directory, rather than to refuse. */
  readonly attach: boolean;
  /** What this process is to the user, such as `npm start`: others name it when they find the directory in use. */
  readonly purpose: string;
  /** This port and no other; by default the one of the last start, or a free one. */
  readonly port?: number | undefined;
  /** Further arguments for mongod; by default a short life for transactions that a killed process left open. */
  readonly mongodArguments?: readonly string[] | undefined;
};

export type LocalReplicaSet = {
  readonly uri: string;
  /** Whether this process started the mongod, and so ends it. */
  readonly owned: boolean;
  /** The pid of the mongod. */
  readonly pid: number;
  /** Shuts the mongod down when it is owned, and resolves when it is gone; otherwise only stops using it. */
  stop(): Promise<void>;
  /** Calls back, at most once, when the mongod ends without stop() having been called. */
  onUnexpectedExit(callback: (reason: LocalReplicaSetError) => void): void;
};
