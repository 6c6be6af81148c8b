/** An event that a command is to leave behind, with what it does to its account in minor units. */
export type ExpectedEvent = {
  readonly accountId: string;
  readonly type: string;
  readonly amount: number;
  /** What is taken off the available balance by it: 0 where something is added. */
  readonly debit: number;
};

/** A wish of a client, under its key. */
export type Command = {
  readonly kind: 'deposit' | 'withdrawal' | 'transfer' | 'hold' | 'capture' | 'release' | 'reversal' | 'opening';
  readonly key: string;
  readonly path: string;
  readonly body: string;
  /** In the order in which the answer names them. */
  readonly events: readonly ExpectedEvent[];
  /** What the whole bank holds more by it. */
  readonly net: number;
};

/** A no to a command. It is sure where no other attempt under the same key may have been, or still be, carried out. */
export type Refusal = {
  readonly code: string;
  readonly sent: number;
  readonly answered: number;
  readonly isSure: boolean;
};

/** What a client knows of a command that it has sent; moments on the clock of `performance.now()`. */
export class CommandRecord {
  /** Every answer that said it was done; all must be the same. */
  readonly answers: string[] = [];
  /** When the first of these answers was there. */
  acknowledged: number | undefined;
  refusal: Refusal | undefined;
  /** Attempts without an answer yet. */
  inFlight = 0;
  /** Whether an attempt has ended in a way that leaves open what became of it. */
  mayHaveHappened = false;

  constructor(
    readonly command: Command,
    readonly firstSent: number,
  ) {}

  get isSettled(): boolean {
    return this.acknowledged !== undefined || this.refusal?.isSure === true;
  }
}

/** A balance as a client read it. */
export type BalanceReading = {
  readonly accountId: string;
  /** Which process was asked. */
  readonly from: string;
  readonly sent: number;
  readonly answered: number;
  readonly version: number;
  readonly ledgerBalance: number;
  readonly heldAmount: number;
};

/** What one API process said that all customers are owed, by its own clock. */
export type TrialBalanceReading = {
  readonly by: string;
  readonly sent: number;
  readonly answered: number;
  readonly asOf: string;
  readonly knownAt: string;
  readonly total: number;
};
