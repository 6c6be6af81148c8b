import { hostname } from 'node:os';
import type { Ledger, LedgerDoor } from '../application/ledger.ts';
import type { Log } from '../application/ports/log.ts';
import type { Storage } from '../application/ports/storage.ts';
import { newId } from '../application/new-id.ts';
import { CommandClient } from './command-client.ts';
import { serveCommands } from './command-server.ts';
import { Election } from './election.ts';
import type { LeaseRow } from './lease.ts';
import { SharedLedger } from './shared-ledger.ts';

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

const isWithinReach = ({ host, machine }: LeaseRow): boolean => !isLoopback(host) || machine === hostname();

/** Keeps a shared ledger connected to whoever holds the lease. */
class Following {
  #committer: { readonly holder: string; readonly client: CommandClient } | undefined;
  #isConnecting = false;
  #isEnding = false;
  #said = '';

  constructor(
    private readonly shared: SharedLedger,
    private readonly me: string,
    private readonly log: Log,
    private readonly onOffice: (isOurs: boolean) => void,
  ) {}

  readonly follow = (row: LeaseRow | undefined): void => {
    if (row) this.onOffice(row.holder === this.me);
    // Nobody knows better for the moment: whoever was followed is followed on, as long as it answers.
    if (!row || this.#isConnecting || this.#isFollowing(row)) return;
    if (row.holder !== this.me) void this.#connect(row);
    else {
      this.#leave();
      this.#say(row, 'this process commits for all');
    }
  };

  end(): void {
    this.#isEnding = true;
    this.#leave();
  }

  #isFollowing({ holder }: LeaseRow): boolean {
    return this.#committer?.holder === holder && this.#committer.client.isOpen;
  }

  /** What was handed on is still answered. */
  #leave(): void {
    this.shared.follow(undefined);
    this.#committer?.client.leave();
    this.#committer = undefined;
  }

  async #connect(row: LeaseRow): Promise<void> {
    this.#isConnecting = true;
    const client = isWithinReach(row) ? await CommandClient.connect(row) : undefined;
    this.#isConnecting = false;
    this.#leave();
    if (client && this.#isEnding) client.leave();
    else if (client) {
      this.#committer = { holder: row.holder, client };
      this.shared.follow(client);
      this.#say(row, 'commands go to the process that commits for all');
    } else this.#say(row, 'the process that commits for all cannot be reached: committing here as well');
  }

  // Once for as long as it is so, and not with every beat.
  #say({ holder }: LeaseRow, message: string): void {
    const said = `${holder} ${message}`;
    if (said !== this.#said) this.log.info({ holder }, message);
    this.#said = said;
  }
}

/** A ledger that other processes on the same storage may commit for, or that commits for them. */
export type LedgerShare = {
  readonly door: LedgerDoor;
  /** What this process is called in the lease; left out where nobody else can reach the ledger. */
  readonly holder?: string;
  /** Commits for nobody else any more; to be called when this process has no more commands of its own, and before `own` is drained. */
  readonly close: () => Promise<void>;
};

type Sharing = {
  readonly storage: Storage;
  readonly log: Log;
  readonly host: string;
  /** Hears with every look at the lease whether this process holds it. Two may believe so for a moment. */
  readonly onOffice: (isOurs: boolean) => void;
};

/**
 * Shares a ledger with the other processes that serve it: one of them commits, the others hand their commands on. `host` is where
 * they reach this one. Rejects where that address cannot be listened on.
 */
export const shareLedger = async (own: Ledger, { storage, log, host, onOffice }: Sharing): Promise<LedgerShare> => {
  const server = await serveCommands(own, host);
  const shared = new SharedLedger(own);
  const me = newId();
  const following = new Following(shared, me, log, onOffice);
  const candidate = { holder: me, machine: hostname(), ...server.address };
  const election = new Election(storage, candidate, following.follow);
  await election.start();
  const close = async (): Promise<void> => {
    // A lease that nobody could give back runs out by itself.
    await election.stop().catch(() => undefined);
    await server.close();
    following.end();
  };
  return { door: shared, holder: me, close };
};
