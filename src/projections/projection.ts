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
  /** That event's version, where a row is named after its event and no later one changes it. Rows can be asked for by account and version. */
  readonly versionIn?: string;
  readonly project: (change: Change) => readonly RowWrite<R>[];
};

type Put<R extends Row> = Extract<RowWrite<R>, { kind: 'put' }>;

/** Two puts of one row as one: the later row, and what either has changed. */
const together = <R extends Row>(earlier: Put<R> | undefined, later: Put<R>): Put<R> => {
  if (!earlier) return later;
  if (!earlier.changed || !later.changed) return { kind: 'put', row: later.row };
  return { ...later, changed: [...new Set([...earlier.changed, ...later.changed])] };
};

/** All writes that a batch of changes makes to one read model. Several puts of one row become one, in the place of the first. */
export const writesOf = <R extends Row>(
  projection: Projection<R>,
  changes: readonly Change[],
): readonly RowWrite<R>[] => {
  const writes = changes.flatMap((change) => projection.project(change));
  const puts = new Map<string, Put<R>>();
  for (const write of writes)
    if (write.kind === 'put') puts.set(write.row._id, together(puts.get(write.row._id), write));
  return writes.flatMap((write): readonly RowWrite<R>[] => {
    if (write.kind !== 'put') return [write];
    const put = puts.get(write.row._id);
    puts.delete(write.row._id);
    return put ? [put] : [];
  });
};
