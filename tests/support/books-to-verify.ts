import type { Storage } from '../../src/application/ports/storage.ts';
import type { Wish } from '../../src/application/commands/command.ts';
import type { Ledger } from '../../src/application/ledger.ts';
import type { Clock } from '../../src/application/ports/clock.ts';
import type { AccountId, StreamId } from '../../src/domain/account/account-id.ts';
import type { HoldId } from '../../src/domain/hold/hold-id.ts';
import { minorUnits } from '../../src/domain/money/money.ts';
import { mustBeReversible } from '../../src/domain/reversal/reversal.ts';
import { type Instant, instant } from '../../src/domain/time/instant.ts';
import { ledgerOver } from '../contract/fixture.ts';
import type { TestDatabase } from './database.ts';
import { commandOf, depositMoney, eur, openAccount, transferMoney, withdrawMoney } from './commands.ts';

const MONTH = 30 * 86_400_000;

const DUE_IN = 86_400_000;

// So that what somebody puts in behind the ledger's back, now, is behind all of it.
const aMonthAgo: Clock = { now: () => instant(Date.now() - MONTH) };

const ROUNDS = 100;

const accounts = ['a', 'b', 'c', 'd'] as const;

/** An account that has to do with no other. */
const LONELY = 'lonely';

/** Of a transfer, as a client names what it does there: its own id, for both accounts. */
const transactionOf = (wish: Wish) => (wish.type === 'TransferMoney' ? { transactionId: `of-${wish.transferId}` } : {});

const submit = async (ledger: Ledger, wishes: readonly Wish[]): Promise<void> => {
  await Promise.all(wishes.map((wish) => ledger.submit(commandOf(wish, transactionOf(wish)))));
};

const backDated = (wish: Wish, effectiveAt: Instant): Wish => ({ ...wish, effectiveAt }) as Wish;

/** Half of them stay, the others are captured in part or released. */
const holdsOf = (round: number, dueAt: Instant): readonly Wish[] => {
  const accountId = 'c' as AccountId;
  const holdId = `hold-${round}` as HoldId;
  const place: Wish = { type: 'PlaceHold', accountId, holdId, money: eur(3n), expiresAt: dueAt };
  const endings: readonly Wish[] = [
    { type: 'CaptureHold', accountId, holdId, amount: eur(2n).amount },
    { type: 'ReleaseHold', accountId, holdId },
  ];
  const ending = endings[round % 4];
  return ending ? [place, ending] : [place];
};

const wishesOf = (round: number, earlier: Instant, dueAt: Instant): readonly Wish[] => {
  const from = accounts[round % accounts.length] ?? 'a';
  const to = accounts[(round + 1) % accounts.length] ?? 'b';
  return [
    depositMoney('a', 100n + BigInt(round)),
    withdrawMoney('a', 3n),
    backDated(depositMoney('b', 50n), earlier),
    transferMoney(from, to, 7n, `transfer-${round}`),
    depositMoney(LONELY, 1n),
    ...holdsOf(round, dueAt),
  ];
};

const reversalOf = async (storage: Storage, streamId: string, version: number, amount?: bigint): Promise<Wish> => {
  const [event] = await storage.events.read(streamId as StreamId, { after: version - 1, limit: 1 });
  if (!event) throw new Error(`${streamId} has no version ${version}`);
  const part = amount !== undefined && { amount: minorUnits(amount) };
  return { type: 'ReverseTransaction', original: mustBeReversible(event), reason: 'a mistake', ...part };
};

const reversedTransfer = async (storage: Storage): Promise<Wish> => {
  const events = await storage.events.read('account-a' as StreamId, { after: 0, limit: 1_000 });
  const sent = events.find(({ type }) => type === 'TransferSent');
  return reversalOf(storage, 'account-a', sent?.version ?? 0, 2n);
};

/** A few hundred events of every kind of money, in some dozens of commits: transfers, reversals, and value dates in the past. */
export const fillBooks = async (
  storage: Storage,
  { clock = aMonthAgo, rounds = ROUNDS }: { readonly clock?: Clock; readonly rounds?: number } = {},
): Promise<void> => {
  const { ledger, drain } = ledgerOver(storage, { clock });
  await submit(
    ledger,
    [...accounts, LONELY].map((account) => openAccount(account, 10_000n)),
  );
  const opened = clock.now();
  const dueAt = instant(opened + DUE_IN);
  for (let round = 0; round < rounds; round += 1) {
    // Some at the very beginning, the others now.
    await submit(ledger, wishesOf(round, round % 3 === 0 ? opened : clock.now(), dueAt));
  }
  await submit(ledger, [
    await reversalOf(storage, 'account-a', 2),
    await reversedTransfer(storage),
    { type: 'FreezeAccount', accountId: 'd' as never, reason: 'asked' },
  ]);
  await drain();
};

/** Takes out an account with all that its events have led to, here and in the journal, as if it had never been. */
export const forget = async ({ connection }: TestDatabase): Promise<void> => {
  const database = connection.getClient().db(connection.name);
  const streamId = `account-${LONELY}`;
  await database.collection('events').deleteMany({ streamId });
  await database.collection('snapshots').deleteMany({ streamId });
  await database.collection<{ _id: string }>('accounts').deleteOne({ _id: LONELY });
  await database.collection('statement_entries').deleteMany({ accountId: LONELY });
  for (const name of ['journal', 'journal_tiles']) await database.collection(name).deleteMany({});
};

/** A few deposits more. */
export const fillMore = async (storage: Storage): Promise<void> => {
  const { ledger, drain } = ledgerOver(storage);
  await submit(ledger, [depositMoney('a', 1n), depositMoney('b', 1n), depositMoney('c', 1n)]);
  await drain();
};
