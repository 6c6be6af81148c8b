import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ApiServer, startApiServer } from '../../bench/servers/api-server.ts';
import { ledgerAt } from '../../bench/servers/contender.ts';
import { freePort } from '../../src/storage/mongo/local/free-port.ts';

// A port of its own, so that its clients find it again; and all that both processes sign with.
const settingsOf = (directory: string): Readonly<Record<string, string>> => ({
  DAYBOOK_SIGNING_KEY_FILE: join(directory, 'signing-key.pem'),
  DAYBOOK_SIGNED_CHECKPOINT_FILE: join(directory, 'signed.checkpoint'),
});

/** What `npm run verify` needs to look at the same ledger. */
export const ledgerSettings = (directory: string, mongoUri: string): Readonly<Record<string, string>> => ({
  ...settingsOf(directory),
  MONGODB_URI: mongoUri,
});

const shiftedClock = fileURLToPath(new URL('./shifted-clock.js', import.meta.url));

const START_AGAIN_MS = 200;
const FIRST_ATTEMPTS = 5;

export type ApiNodeOptions = { readonly index: number; readonly mongoUri: string; readonly directory: string };

type Absence = { readonly from: number; readonly to: number };

/** One process of the API, started again whenever it is gone, as whatever runs it in production would do. */
export class ApiNode {
  #server: ApiServer | undefined;
  #isWanted = true;
  #isFrozen = false;
  /** By the torture; whoever ends otherwise has ended by itself. */
  #killed: number | undefined;
  readonly #absences: Absence[] = [];
  /** What it said where it ended by itself after it had been ready. */
  readonly ownEnds: string[] = [];
  #running: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: ApiNodeOptions,
    private readonly port: number,
    private readonly clockFile: string,
  ) {}

  /** Resolves when it takes requests. */
  static async open(options: ApiNodeOptions): Promise<ApiNode> {
    const clockFile = join(options.directory, `clock-${options.index}`);
    const node = new ApiNode(options, await freePort(), clockFile);
    writeFileSync(clockFile, '0');
    await node.#startAtFirst();
    node.#running = node.#keepRunning();
    return node;
  }

  get name(): string {
    return `API ${this.options.index + 1}`;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}`);
  }

  get isServing(): boolean {
    return this.#server !== undefined && !this.#isFrozen;
  }

  /** Whether it was gone at some moment between the two. */
  wasAway(from: number, to: number): boolean {
    const isNow = this.#killed !== undefined && this.#killed <= to;
    return isNow || this.#absences.some((absence) => absence.from <= to && absence.to >= from);
  }

  /** `kill -9`; it is started again at once. */
  kill(): void {
    if (!this.#server) return;
    this.#killed ??= performance.now();
    this.#isFrozen = false;
    this.#signal('SIGKILL');
  }

  freeze(): void {
    if (!this.#server) return;
    this.#isFrozen = true;
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    if (this.#isFrozen) this.#signal('SIGCONT');
    this.#isFrozen = false;
  }

  /** Milliseconds by which its clock is ahead. */
  setClock(offset: number): void {
    writeFileSync(this.clockFile, String(offset));
    this.#signal('SIGUSR2');
  }

  async close(): Promise<void> {
    this.#isWanted = false;
    this.#signal('SIGKILL');
    await this.#server?.stop();
    await this.#running;
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#server) process.kill(this.#server.pid, signal);
    } catch {
      // It has just ended.
    }
  }

  async #start(): Promise<void> {
    const { mongoUri, directory, index } = this.options;
    const settings = { ...settingsOf(directory), PORT: String(this.port), TORTURE_CLOCK_FILE: this.clockFile };
    const contender = { ...ledgerAt('three-nodes', 2), settings };
    const log = openSync(join(directory, `api-${index}.log`), 'a');
    try {
      this.#server = await startApiServer({ contender, mongoUri, directory, flags: ['--import', shiftedClock], log });
    } finally {
      closeSync(log);
    }
  }

  async #keepRunning(): Promise<void> {
    while (this.#isWanted) {
      const said = (await this.#server?.ended) ?? '';
      const from = this.#killed ?? performance.now();
      this.#server = undefined;
      if (this.#isClosing()) return;
      if (this.#killed === undefined) this.ownEnds.push(said);
      this.#killed = from;
      await this.#startUntilItRuns();
      this.#absences.push({ from, to: performance.now() });
      this.#killed = undefined;
    }
  }

  #isClosing(): boolean {
    return !this.#isWanted;
  }

  /** Its database is made by the first start, which takes longer than any other on a machine that has much to do. */
  async #startAtFirst(): Promise<void> {
    for (let attempt = 1; !this.#server; attempt += 1) {
      await this.#start().catch((error: unknown) => {
        if (attempt === FIRST_ATTEMPTS) throw error;
      });
    }
  }

  // Without a primary it says so and ends, as documented.
  async #startUntilItRuns(): Promise<void> {
    while (this.#isWanted && !this.#server) await this.#start().catch(() => sleep(START_AGAIN_MS));
  }
}
