import { createHash } from 'node:crypto';
import { streamIdOf, type StreamId } from '../../domain/account/account-id.ts';
import type { OpenedAccount, OpenHold } from '../../domain/account/account-state.ts';
import { FOLD_VERSION } from '../../domain/account/evolve.ts';
import { minorUnits } from '../../domain/money/money.ts';
import type { Snapshot } from '../ports/event-store.ts';

/** A snapshot is kept at every version that this divides. */
export const SNAPSHOT_INTERVAL = 100;

export const isSnapshotVersion = (version: number): boolean => version % SNAPSHOT_INTERVAL === 0;

// JSON has no integer of 64 bits: amounts are written as digits under a name that says so.
const amounts = ['ledgerBalance', 'heldAmount', 'overdraftLimit'] as const;

/** Names in one order, wherever the members came from: an account that was read from a snapshot must give the same text. */
const sorted = (members: object): object =>
  Object.fromEntries(Object.entries(members).sort(([left], [right]) => (left < right ? -1 : 1)));

const encode = (account: OpenedAccount): string => {
  const plain: Record<string, unknown> = { ...account };
  for (const name of amounts) plain[name] = account[name].toString();
  plain.holds = account.holds.map((hold) => sorted({ ...hold, amount: hold.amount.toString() }));
  return JSON.stringify(sorted(plain));
};

type StoredHold = Omit<OpenHold, 'amount'> & { readonly amount: string };

const openHold = ({ amount, ...hold }: StoredHold): OpenHold => ({ ...hold, amount: minorUnits(BigInt(amount)) });

const decode = (state: string): OpenedAccount => {
  const plain = JSON.parse(state) as Record<string, unknown>;
  for (const name of amounts) plain[name] = BigInt(plain[name] as string);
  plain.holds = (plain.holds as readonly StoredHold[]).map(openHold);
  return plain as unknown as OpenedAccount;
};

const hashOf = ({ streamId, version, recordedAt, foldVersion, state }: Omit<Snapshot, 'stateHash'>): string =>
  createHash('sha256')
    .update(JSON.stringify([streamId, version, recordedAt, foldVersion, state]))
    .digest('hex');

/** A folded account as a snapshot of its current version. */
export const snapshotOf = (account: OpenedAccount): Snapshot => {
  const claim = {
    streamId: streamIdOf(account.accountId),
    version: account.version,
    recordedAt: account.recordedAt,
    foldVersion: FOLD_VERSION,
    state: encode(account),
  };
  return { ...claim, stateHash: hashOf(claim) };
};

/** The account in a snapshot, or undefined where it is damaged, of another stream, or from another fold. */
export const accountIn = (snapshot: Snapshot, streamId: StreamId): OpenedAccount | undefined => {
  if (snapshot.foldVersion !== FOLD_VERSION || snapshot.streamId !== streamId) return undefined;
  if (hashOf(snapshot) !== snapshot.stateHash) return undefined;
  const account = decode(snapshot.state);
  return account.version === snapshot.version ? account : undefined;
};
