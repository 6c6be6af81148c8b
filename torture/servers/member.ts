import { MongoClient, type Document } from 'mongodb';
import { startNode } from '../../bench/servers/three-node-set.ts';
import { freePort } from '../../src/storage/mongo/local/free-port.ts';
import type { KeptMongod } from '../../src/storage/mongo/local/keeper.ts';
import { MemberProxy } from './member-proxy.ts';
import { OWN_NAME } from './relay.ts';

// A member that is stopped does not answer, and the torture goes on.
const PATIENCE_MS = 1_000;

// Three of them and two API processes share the machine.
const MONGOD_ARGUMENTS = ['--wiredTigerCacheSizeGB', '0.25', '--setParameter', 'enableTestCommands=1'];

export type MemberOptions = {
  readonly index: number;
  readonly mongod: string;
  readonly directory: string;
  /** The processes of all members, in their order; 0 where one does not run. */
  readonly pids: () => readonly number[];
};

/** One mongod of the set, with the proxy through which all others reach it. */
export class Member {
  #kept: KeptMongod | undefined;
  #isFrozen = false;
  readonly #client: MongoClient;

  private constructor(
    private readonly options: MemberOptions,
    private readonly port: number,
    readonly proxy: MemberProxy,
  ) {
    this.#client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
      appName: OWN_NAME,
      serverSelectionTimeoutMS: PATIENCE_MS,
      connectTimeoutMS: PATIENCE_MS,
      socketTimeoutMS: PATIENCE_MS,
      heartbeatFrequencyMS: PATIENCE_MS,
    });
  }

  static async open(options: MemberOptions): Promise<Member> {
    const port = await freePort();
    const proxy = await MemberProxy.open(await freePort(), port, options.pids);
    const member = new Member(options, port, proxy);
    await member.start();
    return member;
  }

  get index(): number {
    return this.options.index;
  }

  get name(): string {
    return `mongod ${this.index + 1}`;
  }

  get pid(): number {
    return this.#kept?.pid ?? 0;
  }

  /** Where it is reached without its proxy: by the torture alone. */
  get ownPort(): number {
    return this.port;
  }

  /** Starts it, where it does not run; on the data that it had. */
  async start(): Promise<void> {
    const { mongod, directory } = this.options;
    if (this.#kept) return;
    const { kept } = await startNode({ mongod, directory, port: this.port, arguments: MONGOD_ARGUMENTS });
    this.#kept = kept;
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    const kept = this.#kept;
    if (!kept) return;
    process.kill(kept.pid, 'SIGKILL');
    await kept.ended;
    this.#kept = undefined;
    this.#isFrozen = false;
  }

  freeze(): void {
    if (!this.#kept) return;
    this.#isFrozen = true;
    process.kill(this.#kept.pid, 'SIGSTOP');
  }

  thaw(): void {
    if (this.#kept && this.#isFrozen) process.kill(this.#kept.pid, 'SIGCONT');
    this.#isFrozen = false;
  }

  /** Rejects after about a second where it does not answer. */
  command(command: Document): Promise<Document> {
    return this.#client.db('admin').command(command);
  }

  async isPrimary(): Promise<boolean> {
    if (!this.#kept || this.#isFrozen) return false;
    return this.command({ hello: 1 }).then(
      ({ isWritablePrimary }) => isWritablePrimary === true,
      () => false,
    );
  }

  async close(): Promise<void> {
    this.thaw();
    await this.#client.close().catch(() => undefined);
    // Its data is thrown away, and to end in good order takes a primary a quarter of a minute.
    await this.kill();
    this.proxy.close();
  }
}
