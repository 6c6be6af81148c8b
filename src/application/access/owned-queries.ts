import { type AccountId, accountIdOf } from '../../domain/account/account-id.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { handlerOf } from '../commands/handlers.ts';
import type { TransferId } from '../../domain/transfer/transfer-id.ts';
import type { ShownTransfer } from '../queries/find-transfer.ts';
import type { Queries } from '../queries/queries.ts';
import type { Alteration, AlteredHistory } from '../what-if/alter-history.ts';
import { type Attempt, type DryRun, isCommand } from '../what-if/dry-run.ts';
import { NO_ACCOUNT, type OwnAccounts } from './own-accounts.ts';
import { heardBy } from './owned-door.ts';
import { AccessRefused } from './principal.ts';

const forbidden = (): Promise<never> => Promise.reject(new AccessRefused('FORBIDDEN', { reason: 'not for owners' }));

type OfAccount<A extends readonly unknown[], R> = (accountId: AccountId, ...rest: A) => Promise<R>;

/** The same question, asked only about an account of the owner. */
const about =
  (own: OwnAccounts) =>
  <A extends readonly unknown[], R>(ask: OfAccount<A, R>): OfAccount<A, R> =>
  async (accountId, ...rest) => {
    await own.mustBeOwn(accountId);
    return ask(accountId, ...rest);
  };

/**
 * A try among accounts of the owner only: how one of another's would take a command, now or then, says something about it, as often
 * as somebody likes and at no cost.
 */
const triedBy =
  (own: OwnAccounts) =>
  async (attempt: Attempt): Promise<Attempt> => {
    if (!isCommand(attempt)) return attempt;
    const { wish } = attempt;
    for (const accountId of handlerOf(wish).streamsOf(wish).map(accountIdOf)) {
      if (!(await own.mayBeSeen(accountId))) return new DomainError('ACCOUNT_NOT_FOUND', { accountId });
    }
    return attempt;
  };

const dryRunFor =
  (own: OwnAccounts, dryRun: Queries['dryRun']): Queries['dryRun'] =>
  async (accountId, known, attempts): Promise<DryRun> => {
    const run = await dryRun(accountId, known, await Promise.all(attempts.map(triedBy(own))));
    const steps = run.steps.map(async (step) =>
      step.kind === 'rejected' ? { ...step, error: await heardBy(step.error, own) } : step,
    );
    return { ...run, steps: await Promise.all(steps) };
  };

const alteredBy = (own: OwnAccounts, { eventId, instead }: Alteration): Alteration => ({
  eventId,
  ...(instead && { instead: async (event, wish) => triedBy(own)(await instead(event, wish)) }),
});

const alterHistoryFor =
  (own: OwnAccounts, alterHistory: Queries['alterHistory']): Queries['alterHistory'] =>
  async (accountId, known, alteration): Promise<AlteredHistory> => {
    const history = await alterHistory(accountId, known, alteredBy(own, alteration));
    const steps = history.steps.map(async (step) =>
      step.error ? { ...step, error: await heardBy(step.error, own) } : step,
    );
    return { ...history, steps: await Promise.all(steps) };
  };

const transferIfAny = async (queries: Queries, transferId: TransferId): Promise<ShownTransfer | undefined> => {
  try {
    return await queries.findTransfer(transferId);
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
};

/** Either side of a transfer may look at it. One that is not there takes as long to find out as another's. */
const findTransferFor =
  (own: OwnAccounts, queries: Queries): Queries['findTransfer'] =>
  async (transferId) => {
    const row = await transferIfAny(queries, transferId);
    const { fromAccountId = NO_ACCOUNT, toAccountId = NO_ACCOUNT } = row ?? {};
    const [isSender, isReceiver] = await Promise.all([
      own.has(fromAccountId as AccountId),
      own.has(toAccountId as AccountId),
    ]);
    if (!row || !(isSender || isReceiver)) {
      own.onStranger(transferId);
      throw new DomainError('TRANSFER_NOT_FOUND', { transferId });
    }
    const { fromVersion: _ofAnother, ...shown } = row;
    return isSender ? row : shown;
  };

/** The owner's own accounts, whatever is filtered by. Another owner has none that it could see. */
const listAccountsFor =
  (own: OwnAccounts, queries: Queries): Queries['listAccounts'] =>
  (filter, page) => {
    const { ownerId = own.ownerId } = filter;
    if (ownerId === own.ownerId) return queries.listAccounts({ ...filter, ownerId }, page);
    own.onStranger(ownerId);
    return Promise.resolve([]);
  };

/** Everything that can be asked, as one owner may ask it: about its own accounts. What there is for all accounts is not for owners. */
export const ownedQueries = (queries: Queries, own: OwnAccounts): Queries => {
  const ofOwn = about(own);
  return {
    auditStanding: forbidden,
    readTrialBalance: forbidden,
    alterHistory: ofOwn(alterHistoryFor(own, queries.alterHistory)),
    dryRun: ofOwn(dryRunFor(own, queries.dryRun)),
    explainBalance: ofOwn(queries.explainBalance),
    findAccount: ofOwn(queries.findAccount),
    findHold: ofOwn(queries.findHold),
    findReversibleEvent: (eventId) => queries.findReversibleEvent(eventId, (accountId) => own.mayBeSeen(accountId)),
    findTransfer: findTransferFor(own, queries),
    listAccounts: listAccountsFor(own, queries),
    listEvents: ofOwn(queries.listEvents),
    listHolds: ofOwn(queries.listHolds),
    readDiff: ofOwn(queries.readDiff),
    readStatement: ofOwn(queries.readStatement),
  };
};
