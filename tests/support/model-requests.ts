/** What somebody asks of the model: the wishes of the ledger in the plainest words. Amounts in minor units, times in milliseconds. */
export type Ask =
  | {
      kind: 'open';
      account: string;
      currency: string;
      limit: bigint;
      deposit: bigint | undefined;
      at: number | undefined;
    }
  | { kind: 'deposit' | 'withdraw'; account: string; amount: bigint; currency: string; at: number | undefined }
  | {
      kind: 'transfer';
      id: string;
      from: string;
      to: string;
      amount: bigint;
      currency: string;
      at: number | undefined;
    }
  | { kind: 'freeze' | 'unfreeze' | 'close'; account: string }
  | { kind: 'limit'; account: string; limit: bigint }
  | { kind: 'reverse'; eventId: string; amount: bigint | undefined }
  | { kind: 'place'; account: string; hold: string; amount: bigint; currency: string; until: number | undefined }
  | { kind: 'capture'; account: string; hold: string; amount: bigint | undefined }
  | { kind: 'release' | 'expire'; account: string; hold: string };

/** One request: what is asked, under which key, and what else comes with it. */
export type Request = {
  readonly ask: Ask;
  readonly key: string;
  readonly transactionId: string | undefined;
  /** Only where the request is about one account. */
  readonly expectedVersion: number | undefined;
};
