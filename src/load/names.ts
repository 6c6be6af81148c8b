/** Whose key it is: the opening of an account, by its index, or a command, by its place in the sequence of wishes. */
export type KeyOwner = { readonly of: 'opening' | 'command'; readonly place: number };

export type Names = {
  readonly accountId: (account: number) => string;
  readonly openingKey: (account: number) => string;
  readonly commandKey: (place: number) => string;
  /** Undefined where the key is none of this run. */
  readonly ownerOf: (key: string) => KeyOwner | undefined;
};

// Odd, so that multiplying with it modulo 2^32 can be undone by multiplying with the second.
const SPREAD = 0x9e3779b1;
const GATHER = 0x0e8b2f51;

const spread = (place: number): string => (Math.imul(place, SPREAD) >>> 0).toString(16).padStart(8, '0');

const gather = (text: string): number => Math.imul(Number.parseInt(text, 16), GATHER) >>> 0;

const keyPattern = /^([0-9a-f]{8})-(open|do)-(.+)$/;

/**
 * The ids and keys of one run. A key can be read back to its command, so that no list of them is needed; and keys are spread
 * over their range as random ones are, because ascending ones would spare the database's index what it has to do in earnest.
 */
export const namesOf = (runId: string): Names => ({
  accountId: (account) => `load-${runId}-${account}`,
  openingKey: (account) => `${spread(account)}-open-${runId}`,
  commandKey: (place) => `${spread(place)}-do-${runId}`,
  ownerOf: (key) => {
    const [, place, what, run] = keyPattern.exec(key) ?? [];
    if (place === undefined || run !== runId) return undefined;
    return { of: what === 'open' ? 'opening' : 'command', place: gather(place) };
  },
});
