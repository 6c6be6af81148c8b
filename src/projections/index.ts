import type { Row } from '../application/ports/table.ts';
import { accountsProjection } from './accounts/accounts.ts';
import { holdsProjection } from './holds/holds.ts';
import type { Projection } from './projection.ts';
import { statementEntriesProjection } from './statement-entries/statement-entries.ts';
import { transfersProjection } from './transfers/transfers.ts';

/** Every read model, in the order in which a transaction writes them. */
export const projections: readonly Projection<Row>[] = [
  accountsProjection,
  statementEntriesProjection,
  transfersProjection,
  holdsProjection,
];
