import type { RowWrite, Row, TableName } from '../application/ports/table.ts';
import type { RecordedEvent } from '../domain/account/account-event.ts';
import type { Account, OpenedAccount } from '../domain/account/account-state.ts';

/** One recorded event and the account on both sides of it. */
export type Change = { readonly event: RecordedEvent; readonly before: Account; readonly after: OpenedAccount };

/** How one read model follows from events. Pure, and the same for live writes and rebuilds. */
export type Projection<R extends Row> = {
  readonly table: TableName<R>;
  /** The account whose stream a row follows from: every row belongs to exactly one. */
  readonly accountIdIn: string;
  /** The event that made the row, where one row is one event. */
  readonly eventIdIn?: string;
  readonly project: (change: Change) => readonly RowWrite<R>[];
};

/** All writes that a batch of changes makes to one read model. Of several puts of one row only the last is kept. */
export const writesOf = <R extends Row>(
  projection: Projection<R>,
  changes: readonly Change[],
): readonly RowWrite<R>[] => {
  const writes = changes.flatMap((change) => projection.project(change));
  const lastPut = new Map<string, RowWrite<R>>();
  for (const write of writes) if (write.kind === 'put') lastPut.set(write.row._id, write);
  return writes.filter((write) => write.kind !== 'put' || lastPut.get(write.row._id) === write);
};
