import type { Ask, Request } from './model-requests.ts';

export type ModelEntry = {
  readonly version: number;
  readonly amount: bigint;
  readonly effectiveAt: number;
  readonly recordedAt: number;
};

export type ModelHold = { readonly amount: bigint; readonly until: number | undefined; isOpen: boolean };

export type ModelAccount = {
  readonly id: string;
  readonly currency: string;
  readonly openedAt: number;
  status: 'active' | 'frozen' | 'closed';
  balance: bigint;
  limit: bigint;
  recordedAt: number;
  version: number;
  readonly entries: ModelEntry[];
  readonly holds: Map<string, ModelHold>;
};

/** What the open holds of an account reserve. */
export const heldOn = ({ holds }: ModelAccount): bigint =>
  [...holds.values()].reduce((sum, { amount, isOpen }) => (isOpen ? sum + amount : sum), 0n);

/** Money that was moved, and how much of it was taken back: one for both legs of a transfer. */
type Movement = { readonly amount: bigint; reversed: bigint; readonly transferId: string | undefined };

type ModelEvent = {
  readonly account: string;
  readonly sign: bigint;
  readonly movement: Movement | undefined;
  readonly partner: string | undefined;
};

type Rule = readonly [code: string, isBroken: () => boolean];

type Plan = { readonly accounts: readonly string[]; readonly rules: readonly Rule[]; readonly apply: () => string[] };

const LARGEST = 2n ** 53n - 1n;

const isTooLarge = (amount: bigint): boolean => amount > LARGEST || amount < -LARGEST;

/** Everything about one request that decides beside what it asks. */
type Situation = { readonly now: number; readonly ids: readonly [string, string] };

/** A bank as one would write it on a page: maps, sums and a list of rules. It knows nothing of events, batches or storage. */
export class ModelBank {
  readonly accounts = new Map<string, ModelAccount>();
  readonly events = new Map<string, ModelEvent>();
  readonly #keys = new Map<string, { asked: string; answer: string }>();
  readonly #transactionIds = new Set<string>();
  readonly #transferIds = new Set<string>();
  /** Deposits − withdrawals ± reversals, by currency. */
  readonly broughtIn = new Map<string, bigint>();
  #now = 0;
  #ids: readonly [string, string] = ['', ''];

  /** What the caller hears: a code, or the answer, marked where it is the repeated one. */
  submit(request: Request, { now, ids }: Situation): string {
    this.#now = now;
    this.#ids = ids;
    const { ask, key, transactionId } = request;
    const asked = JSON.stringify(ask, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
    const earlier = this.#keys.get(key);
    if (earlier) return earlier.asked === asked ? `replayed ${earlier.answer}` : 'IDEMPOTENCY_KEY_REUSED';
    if (transactionId !== undefined && this.#transactionIds.has(transactionId)) return 'TRANSACTION_ALREADY_RECORDED';
    const { accounts, rules, apply } = this.#plan(request);
    const broken = rules.find(([, isBroken]) => isBroken());
    if (broken) return broken[0];
    this.#now = Math.max(now, ...accounts.map((id) => this.accounts.get(id)?.recordedAt ?? now));
    const answer = apply().join(', ');
    this.#keys.set(key, { asked, answer });
    if (transactionId !== undefined) this.#transactionIds.add(transactionId);
    return answer;
  }

  /** When the account would say that something happens now. */
  #recordedAt(...ids: readonly string[]): number {
    return Math.max(this.#now, ...ids.map((id) => this.accounts.get(id)?.recordedAt ?? this.#now));
  }

  /** The code with which asking for a reversal ends where there is nothing to reverse. */
  lookUp(ask: Ask): string | undefined {
    if (ask.kind !== 'reverse') return undefined;
    const event = this.events.get(ask.eventId);
    if (!event) return 'EVENT_NOT_FOUND';
    return event.movement ? undefined : 'NOT_REVERSIBLE';
  }

  #plan({ ask, expectedVersion }: Request): Plan {
    switch (ask.kind) {
      case 'open':
        return this.#open(ask);
      case 'transfer':
        return this.#transfer(ask);
      case 'reverse':
        return this.#reverse(ask);
      case 'place':
        return this.#place(ask, expectedVersion);
      case 'capture':
      case 'release':
      case 'expire':
        return this.#end(ask, expectedVersion);
      case 'deposit':
      case 'withdraw':
        return this.#move(ask, expectedVersion);
      default:
        return this.#change(ask, expectedVersion);
    }
  }

  #account(id: string): ModelAccount {
    const account = this.accounts.get(id);
    if (!account) throw new Error(`the model has no account ${id}`);
    return account;
  }

  #available(id: string): bigint {
    const account = this.#account(id);
    return account.balance + account.limit - heldOn(account);
  }

  #hold(id: string, hold: string): ModelHold {
    const found = this.#account(id).holds.get(hold);
    if (!found) throw new Error(`the model has no hold ${hold}`);
    return found;
  }

  #exists = (id: string): Rule => ['ACCOUNT_NOT_FOUND', () => !this.accounts.has(id)];

  #expects = (id: string, version: number | undefined): Rule => [
    'VERSION_MISMATCH',
    () => version !== undefined && this.#account(id).version !== version,
  ];

  #is = (status: ModelAccount['status'], id: string): Rule => [
    `ACCOUNT_${status.toUpperCase()}`,
    () => this.#account(id).status === status,
  ];

  #holds = (id: string, currency: string): Rule => ['CURRENCY_MISMATCH', () => this.#account(id).currency !== currency];

  #wasOpen = (id: string, at: number): Rule => ['EFFECTIVE_BEFORE_OPENING', () => at < this.#account(id).openedAt];

  #affords = (id: string, amount: bigint): Rule => ['INSUFFICIENT_FUNDS', () => this.#available(id) < amount];

  #hasRoom = (id: string, amount: bigint): Rule => [
    'BALANCE_LIMIT_EXCEEDED',
    () => {
      const { balance, limit } = this.#account(id);
      return isTooLarge(balance + amount) || isTooLarge(balance + limit + amount);
    },
  ];

  #open({ account: id, currency, limit, deposit, at }: Ask & { kind: 'open' }): Plan {
    const effectiveAt = at ?? this.#now;
    return {
      accounts: [],
      rules: [
        ['ACCOUNT_ALREADY_EXISTS', () => this.accounts.has(id)],
        ['EFFECTIVE_IN_FUTURE', () => effectiveAt > this.#now],
        ['BALANCE_LIMIT_EXCEEDED', () => deposit !== undefined && deposit + limit > LARGEST],
      ],
      apply: () => {
        const fresh = { id, currency, limit, openedAt: effectiveAt, recordedAt: this.#now };
        this.accounts.set(id, { ...fresh, status: 'active', balance: 0n, version: 0, entries: [], holds: new Map() });
        const opened = this.#note(id, this.#ids[0]);
        return deposit === undefined
          ? [opened]
          : [opened, this.#book(id, this.#ids[1], { amount: deposit, at: effectiveAt })];
      },
    };
  }

  #move({ kind, account: id, amount, currency, at }: Ask & { kind: 'deposit' | 'withdraw' }, version?: number): Plan {
    const recordedAt = this.#recordedAt(id);
    const effectiveAt = at ?? recordedAt;
    const signed = kind === 'deposit' ? amount : -amount;
    return {
      accounts: [id],
      rules: [
        this.#exists(id),
        this.#expects(id, version),
        this.#is('closed', id),
        this.#is('frozen', id),
        this.#holds(id, currency),
        ['EFFECTIVE_IN_FUTURE', () => effectiveAt > recordedAt],
        this.#wasOpen(id, effectiveAt),
        ...(kind === 'withdraw' ? [this.#affords(id, amount)] : []),
        this.#hasRoom(id, signed),
      ],
      apply: () => [this.#book(id, this.#ids[0], { amount: signed, at: effectiveAt })],
    };
  }

  #transfer({ id, from, to, amount, currency, at }: Ask & { kind: 'transfer' }): Plan {
    const recordedAt = this.#recordedAt(from, to);
    const effectiveAt = at ?? recordedAt;
    const both = (rule: (account: string) => Rule): Rule[] => [rule(from), rule(to)];
    return {
      accounts: [from, to],
      rules: [
        ['TRANSFER_ALREADY_EXISTS', () => this.#transferIds.has(id)],
        ['SAME_ACCOUNT', () => from === to],
        ...both(this.#exists),
        ...both((account) => this.#is('closed', account)),
        ...both((account) => this.#is('frozen', account)),
        ...both((account) => this.#holds(account, currency)),
        ['EFFECTIVE_IN_FUTURE', () => effectiveAt > recordedAt],
        ...both((account) => this.#wasOpen(account, effectiveAt)),
        this.#affords(from, amount),
        this.#hasRoom(from, -amount),
        this.#hasRoom(to, amount),
      ],
      apply: () => {
        this.#transferIds.add(id);
        const [sent, received] = this.#ids;
        const movement: Movement = { amount, reversed: 0n, transferId: id };
        return [
          this.#book(from, sent, { amount: -amount, at: effectiveAt, movement, partner: received }),
          this.#book(to, received, { amount, at: effectiveAt, movement, partner: sent }),
        ];
      },
    };
  }

  #reverse({ eventId, amount: wanted }: Ask & { kind: 'reverse' }): Plan {
    const named = this.events.get(eventId);
    const movement = named?.movement;
    if (!named || !movement) throw new Error('nothing to reverse');
    const partner = named.partner === undefined ? undefined : this.events.get(named.partner);
    const legs = partner ? [named, partner] : [named];
    const left = movement.amount - movement.reversed;
    const amount = wanted ?? left;
    const ids = legs.map(({ account }) => account);
    const takenFrom = legs.filter(({ sign }) => sign > 0n).map(({ account }) => account);
    const givenTo = legs.filter(({ sign }) => sign < 0n).map(({ account }) => account);
    return {
      accounts: ids,
      rules: [
        ...ids.map(this.#exists),
        ...ids.map((id) => this.#is('closed', id)),
        ...ids.map((id) => this.#is('frozen', id)),
        ['REVERSAL_EXCEEDS_ORIGINAL', () => amount <= 0n || amount > left],
        ...takenFrom.map((id) => this.#affords(id, amount)),
        ...takenFrom.map((id) => this.#hasRoom(id, -amount)),
        ...givenTo.map((id) => this.#hasRoom(id, amount)),
      ],
      apply: () => {
        movement.reversed += amount;
        const booked = { at: this.#now, isReversal: true, isWithin: partner !== undefined };
        return legs.map(({ account, sign }, index) =>
          this.#book(account, this.#ids[index === 0 ? 0 : 1], { ...booked, amount: -sign * amount }),
        );
      },
    };
  }

  #place({ account: id, hold, amount, currency, until }: Ask & { kind: 'place' }, version?: number): Plan {
    const recordedAt = this.#recordedAt(id);
    return {
      accounts: [id],
      rules: [
        this.#exists(id),
        ['HOLD_ALREADY_EXISTS', () => this.#account(id).holds.has(hold)],
        this.#expects(id, version),
        this.#is('closed', id),
        this.#is('frozen', id),
        this.#holds(id, currency),
        ['HOLD_EXPIRES_IN_PAST', () => until !== undefined && until <= recordedAt],
        this.#affords(id, amount),
      ],
      apply: () => {
        this.#account(id).holds.set(hold, { amount, until, isOpen: true });
        return [this.#note(id, this.#ids[0])];
      },
    };
  }

  #end(ask: Extract<Ask, { kind: 'capture' | 'release' | 'expire' }>, version?: number): Plan {
    const { account: id, hold, kind } = ask;
    const recordedAt = this.#recordedAt(id);
    const isDue = (): boolean => recordedAt >= (this.#hold(id, hold).until ?? Infinity);
    const isOver = (): boolean => !this.#hold(id, hold).isOpen || (kind !== 'expire' && isDue());
    const wanted = kind === 'capture' ? ask.amount : undefined;
    return {
      accounts: [id],
      rules: [
        this.#exists(id),
        ['HOLD_NOT_FOUND', () => !this.#account(id).holds.has(hold)],
        this.#expects(id, version),
        ...(kind === 'expire' ? [] : [this.#is('closed', id)]),
        ...(kind === 'capture' ? [this.#is('frozen', id)] : []),
        ['HOLD_NOT_OPEN', isOver],
        ['EFFECTIVE_IN_FUTURE', () => kind === 'expire' && !isDue()],
        ['CAPTURE_EXCEEDS_HOLD', () => (wanted ?? 0n) > this.#hold(id, hold).amount],
      ],
      apply: () => {
        const ended = this.#hold(id, hold);
        ended.isOpen = false;
        if (kind !== 'capture') return [this.#note(id, this.#ids[0])];
        return [this.#book(id, this.#ids[0], { amount: -(wanted ?? ended.amount), at: this.#now })];
      },
    };
  }

  #change(ask: Extract<Ask, { kind: 'freeze' | 'unfreeze' | 'close' | 'limit' }>, version?: number): Plan {
    const id = ask.account;
    const exists = [this.#exists(id), this.#expects(id, version), this.#is('closed', id)] as const;
    const done = (change: () => void) => () => {
      change();
      return [this.#note(id, this.#ids[0])];
    };
    const turn = (status: ModelAccount['status']) => done(() => void (this.#account(id).status = status));
    switch (ask.kind) {
      case 'freeze':
        return { accounts: [id], rules: [...exists, this.#is('frozen', id)], apply: turn('frozen') };
      case 'unfreeze': {
        const rule: Rule = ['ACCOUNT_NOT_FROZEN', () => this.#account(id).status !== 'frozen'];
        return { accounts: [id], rules: [...exists, rule], apply: turn('active') };
      }
      case 'close': {
        const rule: Rule = [
          'ACCOUNT_NOT_EMPTY',
          () => this.#account(id).balance !== 0n || heldOn(this.#account(id)) > 0n,
        ];
        return { accounts: [id], rules: [...exists, rule], apply: turn('closed') };
      }
      default: {
        const after = () => this.#account(id).balance + ask.limit;
        const rules: Rule[] = [
          ['OVERDRAFT_IN_USE', () => after() < heldOn(this.#account(id)) && ask.limit < this.#account(id).limit],
          ['BALANCE_LIMIT_EXCEEDED', () => isTooLarge(after())],
        ];
        const apply = done(() => void (this.#account(id).limit = ask.limit));
        return { accounts: [id], rules: [...exists, ...rules], apply };
      }
    }
  }

  /** Something that moves no money, or the part of a booking that is the same for all. */
  #note(id: string, eventId: string): string {
    const account = this.#account(id);
    account.version += 1;
    account.recordedAt = this.#now;
    if (!this.events.has(eventId)) {
      this.events.set(eventId, { account: id, sign: 0n, movement: undefined, partner: undefined });
    }
    return `${id} v${account.version} ${account.balance}`;
  }

  #book(
    id: string,
    eventId: string,
    {
      amount,
      at,
      movement,
      partner,
      isReversal = false,
      isWithin = partner !== undefined,
    }: {
      amount: bigint;
      at: number;
      movement?: Movement;
      partner?: string;
      isReversal?: boolean;
      isWithin?: boolean;
    },
  ): string {
    const account = this.#account(id);
    account.balance += amount;
    account.entries.push({ version: account.version + 1, amount, effectiveAt: at, recordedAt: this.#now });
    if (!isWithin) this.broughtIn.set(account.currency, (this.broughtIn.get(account.currency) ?? 0n) + amount);
    if (!isReversal) {
      const size = amount < 0n ? -amount : amount;
      const own = movement ?? { amount: size, reversed: 0n, transferId: undefined };
      this.events.set(eventId, { account: id, sign: amount / size, movement: own, partner });
    }
    return this.#note(id, eventId);
  }
}
