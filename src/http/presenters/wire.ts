export type Json = Readonly<Record<string, unknown>>;

/** Every amount in the ledger fits 2^53 − 1, so a JSON number carries it exactly. */
export const amountOnWire = (amount: bigint): number => Number(amount);

export const timeOnWire = (moment: number): string => new Date(moment).toISOString();

/** An ETag is the account's version in quotes. */
export const etagOf = (version: number): string => `"${version}"`;
