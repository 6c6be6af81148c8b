import { pino } from 'pino';
import { composeDaybook, type Daybook, type Limits } from '../../src/compose.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { Row, RowWrite, TableName } from '../../src/application/ports/table.ts';
import { readEnvironment } from '../../src/config/read-environment.ts';
import type { RecordedEvent } from '../../src/domain/account/account-event.ts';
import type { AccountRow } from '../../src/projections/accounts/accounts.ts';

/** One storage under test, empty. */
export type StorageFixture = {
  readonly storage: Storage;
  /** Puts an event into the store as an earlier release would have left it there, past every check of this one. */
  readonly writeRaw: (event: RecordedEvent) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** What a test of the contract is given: the storage of its suite, once that is open. */
export type Under = () => StorageFixture;

const silent = pino({ level: 'silent' });

export const ledgerOver = (
  storage: Storage,
  parts: Parameters<typeof composeDaybook>[3] = {},
  limits: Partial<Limits> = {},
): Daybook => composeDaybook(storage, { ...readEnvironment({}), ...limits }, silent, parts);

export const append = (storage: Storage, events: readonly RecordedEvent[]): Promise<void> =>
  storage.transactionally((work) => storage.events.append(work, events));

export const write = <R extends Row>(
  storage: Storage,
  table: TableName<R>,
  writes: readonly RowWrite<R>[],
): Promise<void> => storage.transactionally((work) => storage.table(table).write(work, writes));

/** An account row that nothing has happened to. */
export const accountRow = (id: string, cells: Partial<AccountRow> = {}): AccountRow => ({
  _id: id,
  ownerId: 'owner',
  currency: 'EUR',
  status: 'active',
  ledgerBalance: 0n,
  heldAmount: 0n,
  availableBalance: 0n,
  overdraftLimit: 0n,
  version: 1,
  openedAt: new Date('2026-03-15T12:00:00.000Z'),
  updatedAt: new Date('2026-03-15T12:00:00.001Z'),
  ...cells,
});
