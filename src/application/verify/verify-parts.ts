import type { AccountId } from '../../domain/account/account-id.ts';
import type { Projection } from '../../projections/projection.ts';
import type { Storage } from '../ports/storage.ts';
import type { Row } from '../ports/table.ts';
import type { Difference } from '../replay/differences.ts';
import type { SealedCheck } from './sealed-check.ts';

/** What a ledger is verified with. */
export type VerifyParts = {
  readonly storage: Storage;
  readonly projections: readonly Projection<Row>[];
  readonly sealed: SealedCheck;
  /** The differences of one account, also while commands change it. */
  readonly compareAnew: (accountId: AccountId) => Promise<readonly Difference[]>;
};
