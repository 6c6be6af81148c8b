import type { AccountEventType } from './account-event.ts';

/** The shape in which each event type is written today. */
export const schemaVersions: Readonly<Record<AccountEventType, number>> = {
  AccountOpened: 2,
  MoneyDeposited: 1,
  MoneyWithdrawn: 1,
  TransferSent: 1,
  TransferReceived: 1,
  HoldPlaced: 1,
  HoldCaptured: 1,
  HoldReleased: 1,
  HoldExpired: 1,
  TransactionReversed: 1,
  AccountFrozen: 1,
  AccountUnfrozen: 1,
  OverdraftLimitChanged: 1,
  AccountClosed: 1,
};

type Data = Readonly<Record<string, unknown>>;

/** Lifts the data of one event type from one schema version to the next. Pure; never refuses what was once written. */
type Upcaster = (data: Data) => Data;

const upcasters: Readonly<Partial<Record<AccountEventType, Readonly<Record<number, Upcaster>>>>> = {
  // Version 1 had no overdraft: an account opened then could not go below zero until its limit was changed.
  AccountOpened: { 1: (data) => ({ overdraftLimit: 0n, ...data }) },
};

/** An event type or schema version that this release does not know: it was written by a newer one, or by somebody else. */
export class UnknownEventShape extends Error {
  override readonly name = 'UnknownEventShape';
}

const currentSchemaVersion = (type: string, schemaVersion: number): number => {
  const current = Object.hasOwn(schemaVersions, type) ? schemaVersions[type as AccountEventType] : 0;
  if (Number.isInteger(schemaVersion) && schemaVersion >= 1 && schemaVersion <= current) return current;
  throw new UnknownEventShape(`no reader for ${type} at schema version ${schemaVersion}`);
};

/** Brings an event's data to the shape that the code knows, one schema version at a time. Rejects with UnknownEventShape. */
export const upcast = (type: string, schemaVersion: number, data: Data): { schemaVersion: number; data: Data } => {
  const current = currentSchemaVersion(type, schemaVersion);
  let lifted = data;
  for (let version = schemaVersion; version < current; version += 1) {
    // Stryker disable next-line OptionalChaining: a type with more than one version has upcasters, as its tests see
    const upcaster = upcasters[type as AccountEventType]?.[version];
    // Stryker disable next-line ConditionalExpression,StringLiteral: and it has one for each; the compiler cannot know
    if (upcaster === undefined) throw new UnknownEventShape(`no upcaster for ${type} from schema version ${version}`);
    lifted = upcaster(lifted);
  }
  return { schemaVersion: current, data: lifted };
};
