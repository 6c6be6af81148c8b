import type { Endpoint } from './endpoint.ts';
import { changeOverdraftLimit, closeAccount, freezeAccount, unfreezeAccount } from './routes/change-account.ts';
import { createKey, listKeys, revokeKey, rotateKey } from './routes/admin-keys.ts';
import { cancelRebuild, createRebuild, getRebuild, listRebuilds, switchRebuild } from './routes/admin-rebuilds.ts';
import { getAccessLog } from './routes/get-access-log.ts';
import { getAccount, getBalance } from './routes/get-account.ts';
import { explainBalance, explainCommand } from './routes/explain.ts';
import { getDiff } from './routes/get-diff.ts';
import { getStatement } from './routes/get-statement.ts';
import { getTransfer } from './routes/get-transfer.ts';
import { getTrialBalance } from './routes/get-trial-balance.ts';
import { getCheckpoint, getJournalKey } from './routes/get-checkpoint.ts';
import { getConsistency, getProof } from './routes/get-proof.ts';
import { getMetrics } from './routes/get-metrics.ts';
import { getHold, listHolds } from './routes/get-holds.ts';
import { captureHold, placeHold, releaseHold } from './routes/holds.ts';
import { getHealth, getLiveness, getReadiness } from './routes/health.ts';
import { listAccounts } from './routes/list-accounts.ts';
import { listEvents } from './routes/list-events.ts';
import { listJournal } from './routes/list-journal.ts';
import { depositMoney, withdrawMoney } from './routes/move-money.ts';
import { openAccount } from './routes/open-account.ts';
import { approveProposal, cancelProposal, getProposal, listProposals, rejectProposal } from './routes/proposals.ts';
import { reverseTransaction } from './routes/reverse-transaction.ts';
import { submitBatch } from './routes/submit-batch.ts';
import { transferMoney } from './routes/transfer-money.ts';
import { getStatus } from './routes/get-status.ts';
import { whatIf } from './routes/what-if.ts';

/**
 * The table of contents: every endpoint there is. The router and the OpenAPI document are both made from it. The router tries
 * addresses in this order, so those that are asked most often stand first.
 */
export const endpoints: readonly Endpoint[] = [
  depositMoney,
  withdrawMoney,
  transferMoney,
  submitBatch,
  getBalance,
  getAccount,
  openAccount,
  listAccounts,
  getStatement,
  getDiff,
  explainBalance,
  explainCommand,
  whatIf,
  listEvents,
  placeHold,
  captureHold,
  releaseHold,
  getHold,
  listHolds,
  getTransfer,
  reverseTransaction,
  freezeAccount,
  unfreezeAccount,
  closeAccount,
  changeOverdraftLimit,
  listProposals,
  getProposal,
  approveProposal,
  rejectProposal,
  cancelProposal,
  getTrialBalance,
  listJournal,
  getCheckpoint,
  getJournalKey,
  getProof,
  getConsistency,
  getHealth,
  getLiveness,
  getReadiness,
  getMetrics,
  createKey,
  listKeys,
  rotateKey,
  revokeKey,
  getAccessLog,
  createRebuild,
  listRebuilds,
  getRebuild,
  cancelRebuild,
  switchRebuild,
  getStatus,
];
