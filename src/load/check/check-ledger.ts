import { Connection } from '../connection.ts';
import { forEachOnConnections } from '../connections.ts';
import type { Performer } from '../performer.ts';
import { postingsOf } from '../wish.ts';
import { readBalance, readEvents, Unreadable } from './stored.ts';
import { StreamCheck } from './stream-check.ts';

export type Check = {
  readonly accounts: number;
  readonly events: number;
  /** All balances together, and between what they must lie; equal where every outcome is known. Decimal strings: minor units. */
  readonly total: string;
  readonly totalAtLeast: string;
  readonly totalAtMost: string;
  /** Commands whose outcome the client never learned and that were found recorded. */
  readonly unknownFound: number;
};

const WORKERS = 8;

const breachOfReading = ({ names, breaches }: Performer, account: number, { message }: Unreadable): void =>
  breaches.add({ kind: 'unreadable', account: names.accountId(account), detail: message });

/** Reads every account of a run and holds it against what the client was answered. */
class LedgerCheck {
  readonly #unreadable = new Set<number>();
  #events = 0;
  #total = 0n;
  #unknownFound = 0;

  constructor(private readonly performer: Performer) {}

  async account(connection: Connection, account: number): Promise<void> {
    try {
      await this.#read(connection, account);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#unreadable.add(account);
      breachOfReading(this.performer, account, error);
    }
  }

  async #read(connection: Connection, account: number): Promise<void> {
    const { names, plan, random } = this.performer;
    const patience = { retryFor: plan.retryFor, random };
    const accountId = names.accountId(account);
    const balance = await readBalance(connection, accountId, patience);
    const stream = new StreamCheck(this.performer, account, balance);
    for await (const events of readEvents(connection, accountId, patience)) {
      for (const event of events) stream.add(event);
      this.#events += events.length;
    }
    stream.end();
    this.#compareBooks(account, balance.ledgerBalance);
    this.#total += BigInt(balance.ledgerBalance);
  }

  #compareBooks(account: number, balance: number): void {
    const { books, names, breaches } = this.performer;
    const { least, most } = books.boundsOf(account);
    if (balance >= least && balance <= most) return;
    const must = least === most ? `${least}` : `${least} to ${most}`;
    const detail = `the balance is ${balance}, by the answers that the client got it must be ${must}`;
    breaches.add({ kind: 'balance', account: names.accountId(account), detail });
  }

  /** Looks for what was acknowledged and is in no stream, and for transfers of which only one leg is. */
  async commands(connection: Connection): Promise<void> {
    const { log } = this.performer;
    for (let place = 0; place < log.length; place += 1) {
      const outcome = log.outcomeOf(place);
      if (outcome === 'acknowledged') this.#acknowledged(place);
      else if (outcome === 'unknown') await this.#unknown(connection, place);
    }
  }

  #acknowledged(place: number): void {
    const { log, names, wishOf, breaches } = this.performer;
    postingsOf(wishOf(place)).forEach(({ account, type, amount }, leg) => {
      if (log.isFound(place, leg) || this.#unreadable.has(account)) return;
      breaches.add({
        kind: 'missing',
        account: names.accountId(account),
        key: names.commandKey(place),
        eventId: log.eventIdOf(place, leg),
        detail: `${type} of ${amount} was acknowledged and is not among the events`,
      });
    });
  }

  async #unknown(connection: Connection, place: number): Promise<void> {
    const { log, names, wishOf, breaches } = this.performer;
    const postings = postingsOf(wishOf(place)).map((posting, leg) => ({
      ...posting,
      isFound: log.isFound(place, leg),
    }));
    const found = postings.find(({ isFound }) => isFound);
    if (!found) return;
    this.#unknownFound += 1;
    const absent = postings.find(({ isFound, account }) => !isFound && !this.#unreadable.has(account));
    const key = names.commandKey(place);
    if (!absent || (await this.#cameLate(connection, absent.account, key))) return;
    const detail = `${found.type} is recorded, ${absent.type} of the same transfer is not`;
    breaches.add({ kind: 'half-transfer', account: names.accountId(absent.account), key, detail });
  }

  /** It may have been carried out while the accounts were read, between the one and the other. */
  async #cameLate(connection: Connection, account: number, key: string): Promise<boolean> {
    const { names, plan, random } = this.performer;
    const patience = { retryFor: plan.retryFor, random };
    try {
      for await (const events of readEvents(connection, names.accountId(account), patience)) {
        if (events.some(({ metadata }) => metadata.idempotencyKey === key)) return true;
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      breachOfReading(this.performer, account, error);
    }
    return false;
  }

  /** Money is neither made nor lost: all accounts together hold what came in less what went out. */
  conclude(): Check {
    const { books, breaches, plan } = this.performer;
    const { least, most } = books.total;
    if (this.#unreadable.size === 0 && (this.#total < least || this.#total > most)) {
      const detail = `all accounts hold ${this.#total}, what came in less what went out is ${least === most ? least : `${least} to ${most}`}`;
      breaches.add({ kind: 'money', detail });
    }
    return {
      accounts: plan.accounts,
      events: this.#events,
      total: this.#total.toString(),
      totalAtLeast: least.toString(),
      totalAtMost: most.toString(),
      unknownFound: this.#unknownFound,
    };
  }
}

/** Adds what it finds to the breaches of the run. `checked` is called after each account. */
export const checkLedger = async (performer: Performer, checked: () => void): Promise<Check> => {
  const check = new LedgerCheck(performer);
  const { plan } = performer;
  await forEachOnConnections(plan, { workers: WORKERS, items: plan.accounts }, async (connection, account) => {
    await check.account(connection, account);
    checked();
  });
  const connection = new Connection(plan);
  await check.commands(connection);
  connection.close();
  return check.conclude();
};
