import type { BreachKind } from '../breaches.ts';
import type { Performer } from '../performer.ts';
import { type Posting, postingsOf } from '../wish.ts';
import type { StoredBalance, StoredEvent } from './stored.ts';

type Expected = Pick<Posting, 'type' | 'amount'> & { readonly leg: number };

/** What is checked against: what the client asked for, and what it was answered. */
export type Memory = Pick<Performer, 'plan' | 'names' | 'log' | 'wishOf' | 'breaches'>;

const signs: Readonly<Record<string, number>> = {
  MoneyDeposited: 1,
  TransferReceived: 1,
  MoneyWithdrawn: -1,
  TransferSent: -1,
};

const signedAmount = ({ type, data }: StoredEvent): number => (signs[type] ?? 0) * (data.amount ?? 0);

/** Holds the events of one account, in their order, against its balance and against what was asked for. */
export class StreamCheck {
  readonly #accountId: string;
  #version = 0;
  #sum = 0;

  constructor(
    private readonly memory: Memory,
    private readonly account: number,
    private readonly balance: StoredBalance,
  ) {
    this.#accountId = memory.names.accountId(account);
  }

  add(event: StoredEvent): void {
    if (event.version !== this.#version + 1) {
      this.#breach('version-gap', event, `version ${event.version} stands where ${this.#version + 1} is due`);
    }
    this.#version = event.version;
    this.#sum += signedAmount(event);
    // Later ones came after the balance was read: they can only belong to commands that nobody had an answer to.
    if (event.version === this.balance.version) this.#compare(this.#sum);
    this.#claim(event);
  }

  end(): void {
    if (this.#version >= this.balance.version) return;
    const detail = `the events end at version ${this.#version}, the balance is of version ${this.balance.version}`;
    this.memory.breaches.add({ kind: 'version-gap', account: this.#accountId, detail });
  }

  #compare(sum: number): void {
    const { ledgerBalance, version } = this.balance;
    if (sum === ledgerBalance) return;
    const detail = `the balance at version ${version} is ${ledgerBalance}, its events sum up to ${sum}`;
    this.memory.breaches.add({ kind: 'balance', account: this.#accountId, detail });
  }

  #breach(kind: BreachKind, { eventId, metadata: { idempotencyKey: key } }: StoredEvent, detail: string): void {
    this.memory.breaches.add({ kind, account: this.#accountId, ...(key !== undefined && { key }), eventId, detail });
  }

  /** Finds out whose event it is, and whether it is the only one. */
  #claim(event: StoredEvent): void {
    const { idempotencyKey: key = '' } = event.metadata;
    const owner = this.memory.names.ownerOf(key);
    if (owner?.of === 'opening' && owner.place === this.account) this.#claimOpening(event);
    else if (owner?.of === 'command') this.#claimCommand(event, owner.place);
    else this.#breach('foreign', event, `${event.type} was asked for by nobody in this run`);
  }

  #claimOpening(event: StoredEvent): void {
    const { initialDeposit } = this.memory.plan;
    const due =
      event.version === 1 ? 'AccountOpened' : event.version === 2 && initialDeposit > 0 ? 'MoneyDeposited' : '';
    if (event.type !== due) {
      this.#breach('doubled', event, `${event.type} at version ${event.version} is not what the opening asked for`);
    } else if (event.version === 2 && event.data.amount !== initialDeposit) {
      this.#breach(
        'altered',
        event,
        `the initial deposit is ${event.data.amount ?? 0}, ${initialDeposit} was asked for`,
      );
    }
  }

  #claimCommand(event: StoredEvent, place: number): void {
    const { log } = this.memory;
    const outcome = log.outcomeOf(place);
    const expected = outcome === 'unsent' ? undefined : this.#expectedOf(event, place);
    if (!expected) {
      this.#breach('foreign', event, `${event.type} is not what was asked for under its key`);
    } else if (!log.find(place, expected.leg)) {
      this.#breach('doubled', event, `${event.type} is recorded more than once under its key`);
    } else if (outcome === 'refused') {
      this.#breach('refused-but-recorded', event, `${event.type} is recorded, its command was refused`);
    } else this.#compareEvent(event, place, expected);
  }

  #compareEvent(event: StoredEvent, place: number, { leg, amount }: Expected): void {
    const { log } = this.memory;
    if (signedAmount(event) !== amount) {
      this.#breach('altered', event, `${event.type} of ${signedAmount(event)}, asked for was ${amount}`);
    }
    if (log.outcomeOf(place) !== 'acknowledged' || log.eventIdOf(place, leg) === event.eventId) return;
    this.#breach('altered', event, `${event.type} was acknowledged as event ${log.eventIdOf(place, leg)}`);
  }

  #expectedOf({ type }: StoredEvent, place: number): Expected | undefined {
    const postings = postingsOf(this.memory.wishOf(place));
    const leg = postings.findIndex((posting) => posting.account === this.account && posting.type === type);
    const posting = postings[leg];
    return posting && { ...posting, leg };
  }
}
