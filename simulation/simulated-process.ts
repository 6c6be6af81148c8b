import { createPrivateKey } from 'node:crypto';
import type { Command } from '../src/application/commands/command.ts';
import type { Outcome } from '../src/application/commit/decide-batch.ts';
import type { Duty } from '../src/application/duty.ts';
import type { LedgerDoor } from '../src/application/ledger.ts';
import type { Log } from '../src/application/ports/log.ts';
import type { Storage } from '../src/application/ports/storage.ts';
import type { Row } from '../src/application/ports/table.ts';
import { submitAlone } from '../src/application/ledger.ts';
import { shareLedger } from '../src/committer/share-ledger.ts';
import { composeAccess } from '../src/compose-access.ts';
import {
  composeAuditor,
  composeDaybook,
  composeSealer,
  composeSweeper,
  type Daybook,
  type Limits,
  systemClock,
} from '../src/compose.ts';
import type { EventId } from '../src/domain/event/event-id.ts';
import { noteSigner } from '../src/journal/signed-note.ts';
import { ProcessMetrics } from '../src/metrics/process-metrics.ts';
import { projections as allProjections } from '../src/projections/index.ts';
import type { Projection } from '../src/projections/projection.ts';
import { openMemoryStorage } from '../src/storage/memory/memory-storage.ts';
import type { Fates } from './fates.ts';
import { simulatedStorage } from './simulated-storage.ts';
import { type CallCount, StorageLine } from './storage-line.ts';
import type { VirtualNetwork } from './virtual-network.ts';
import { partyNamed, type Party, type World } from './world.ts';

/** What a ledger is composed of here; a test may put a broken part in the place of a right one. */
export type Composition = {
  readonly projections: readonly Projection<Row>[];
  /** What one process has for its storage, made of what it should have. */
  readonly storageOf: (storage: Storage) => Storage;
};

export const soundComposition: Composition = { projections: allProjections, storageOf: (storage) => storage };

/** What all processes of a simulation share. */
export type Site = {
  readonly world: World;
  readonly storage: Storage;
  readonly fates: Fates;
  readonly calls: CallCount;
  readonly composition: Composition;
  readonly limits: Limits;
  readonly network: VirtualNetwork;
  /** Whether one process commits for all, seals, sweeps and audits, or each does so for itself. */
  readonly office: 'elected' | 'everywhere';
  readonly auditPace: number;
};

// PKCS #8 of an Ed25519 key (RFC 8410 §7) with a seed of zeros: what is signed here vouches for nothing.
const KEY = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32)]);

export const signer = noteSigner('simulation', createPrivateKey({ key: KEY, format: 'der', type: 'pkcs8' }));

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

// Counts and callers are of no interest here, and what keeps them, made anew for each of thousands of processes, costs more than all the rest of these.
const metrics = new ProcessMetrics();
const access = composeAccess(openMemoryStorage(), 'open', silent, systemClock);

type Office = {
  readonly daybook: Daybook;
  readonly storage: Storage;
  readonly log: Log;
  /** What the sweeper hands its commands to. */
  readonly door: LedgerDoor;
};

const dutiesOf = ({ daybook, storage, log, door }: Office, { auditPace }: Site): readonly Duty[] => [
  composeSealer(storage, { signer }, log),
  composeSweeper(storage, door, log),
  composeAuditor(daybook, storage, auditPace, log),
];

/** An id that can be told apart from all others of the simulation, and is the same each time. */
export class Ids {
  #count = 0;

  event(): EventId {
    return this.text() as EventId;
  }

  text(): string {
    this.#count += 1;
    return `00000000-0000-7000-8000-${this.#count.toString(16).padStart(12, '0')}`;
  }
}

/** What a process offers to its clients. */
export type Served = { readonly door: LedgerDoor; readonly queries: Daybook['queries'] };

/** One run of an API process, from its start to its crash. */
export class SimulatedProcess {
  readonly party: Party;
  /** Told when the process has gone. */
  readonly onCrash = new Set<() => void>();
  #served: Served | undefined;

  constructor(
    private readonly site: Site,
    private readonly ids: Ids,
    name: string,
    clockOffset: number,
  ) {
    this.party = { ...partyNamed(name), clockOffset };
    site.world.arrange(this.party, 0, 'start', () => void this.#start());
  }

  /** Undefined as long as it takes no requests. */
  get served(): Served | undefined {
    return this.#served;
  }

  /** From one instruction to the next. */
  readonly crash = (): void => {
    if (!this.party.isAlive) return;
    this.site.world.note(`${this.party.name} CRASHES`);
    this.party.isAlive = false;
    this.site.network.bury(this.party);
    for (const tell of this.onCrash) tell();
    this.onCrash.clear();
  };

  async #start(): Promise<void> {
    const { world, fates, calls, composition, limits } = this.site;
    const line = new StorageLine({ world, party: this.party, fates, count: calls, crash: this.crash });
    const storage = composition.storageOf(simulatedStorage(this.site.storage, line));
    const log = this.#log();
    const daybook = composeDaybook(storage, limits, log, { projections: composition.projections, metrics, access });
    const office = { daybook, storage, log, door: this.#sweepersDoor(daybook) };
    this.#served = { door: await this.#share(office, dutiesOf(office, this.site)), queries: daybook.queries };
  }

  async #share({ daybook, storage, log }: Office, duties: readonly Duty[]): Promise<LedgerDoor> {
    if (this.site.office === 'everywhere') {
      for (const duty of duties) duty.start();
      return daybook.ledger;
    }
    const onOffice = (isOurs: boolean): void => {
      for (const duty of duties)
        if (isOurs) duty.start();
        else void duty.stop();
    };
    const { door } = await shareLedger(daybook.ledger, { storage, log, host: '127.0.0.1', onOffice });
    return door;
  }

  /** What the sweeper asks for gets ids that are the same each time. */
  #sweepersDoor({ ledger }: Daybook): LedgerDoor {
    const named = ({ wish, envelope }: Command): Command => {
      const eventIds = [this.ids.event(), this.ids.event()] as const;
      return { wish, envelope: { ...envelope, correlationId: this.ids.text(), eventIds } };
    };
    const door: LedgerDoor = {
      waiting: 0,
      submit: (command) => submitAlone(door, command),
      submitTogether: (submission): Promise<readonly Outcome[]> => ledger.submitTogether(submission.map(named)),
    };
    return door;
  }

  #log(): Log {
    const say = (level: string) => (fields: object, message: string) => {
      const cause = 'err' in fields && fields.err instanceof Error ? ` (${fields.err.name})` : '';
      this.site.world.note(`${level}: ${message}${cause}`);
    };
    return { info: say('info'), warn: say('warn'), error: say('error') };
  }
}
