import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ProposalRow, statusAt } from '../../src/application/approval/proposal.ts';
import type { Command, Wish } from '../../src/application/commands/command.ts';
import type { Clock } from '../../src/application/ports/clock.ts';
import { OutcomeUnknown, StorageUnavailable } from '../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../src/application/ports/storage.ts';
import type { Daybook } from '../../src/compose.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import type { EventId, TransactionId } from '../../src/domain/event/event-id.ts';
import type { HoldId } from '../../src/domain/hold/hold-id.ts';
import { minorUnits } from '../../src/domain/money/money.ts';
import { mustBeReversible } from '../../src/domain/reversal/reversal.ts';
import { instant } from '../../src/domain/time/instant.ts';
import { commandOf, depositMoney, openAccount, transferMoney, withdrawMoney } from '../support/commands.ts';
import { streamOf } from '../support/recorded-events.ts';
import { interferedWith, type Interference } from '../support/test-ledger.ts';
import { ledgerOver, type Under } from './fixture.ts';

const MOST_ALONE = 100n;
const DAYS = 7;
const DAY = 86_400_000;
const MAKER = 'key:maker';
const CHECKERS = ['key:one', 'key:two', 'key:three', 'key:four', 'key:five', 'key:six', 'key:seven', 'key:eight'];

const limits = {
  DAYBOOK_APPROVAL_ABOVE: new Map([['EUR', MOST_ALONE]]),
  DAYBOOK_PROPOSAL_DAYS: DAYS,
};
const origin = { route: 'a test', from: 'local' };

/** Beyond today, so that the store does not forget keys as expired. */
class StandingClock implements Clock {
  #now = Date.parse('2040-01-01T00:00:00.000Z');

  readonly now = () => instant(this.#now);

  move(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

type Bank = Daybook & { readonly storage: Storage };

const bankOver = (storage: Storage, clock?: Clock): Bank => ({
  ...ledgerOver(storage, clock ? { clock } : {}, limits),
  storage,
});

const withEnvelope = (command: Command, envelope: Partial<Command['envelope']>): Command => ({
  ...command,
  envelope: { ...command.envelope, ...envelope },
});

const proposing = (wish: Wish, naming: { key?: string; transactionId?: string } = {}): Command =>
  withEnvelope(commandOf(wish, naming), { actor: MAKER, proposable: origin });

const approving = ({ _id, wish, transactionId }: ProposalRow, checker = 'key:checker', key = randomUUID()): Command =>
  withEnvelope(commandOf(wish, { key }), {
    actor: checker,
    approves: { ...origin, proposalId: _id },
    ...(transactionId !== undefined && { transactionId }),
  });

const idIn = ({ location }: { readonly location?: string }): string => location?.split('/').at(-1) ?? '';

const propose = async ({ ledger, services }: Bank, wish: Wish, naming = {}): Promise<ProposalRow> => {
  const { answer } = await ledger.submit(proposing(wish, naming));
  expect(answer.status).toBe(202);
  return services.proposals.find(idIn(answer));
};

const balanceOf = async ({ queries }: Bank, account: string): Promise<bigint> =>
  (await queries.findAccount(account as AccountId)).ledgerBalance;

const eventsOf = ({ storage }: Bank, account: string) =>
  storage.events.read(streamOf(account), { after: 0, limit: 1_000 });

const opened = async (bank: Bank): Promise<string> => {
  const account = `p-${randomUUID()}`;
  await bank.ledger.submit(commandOf(openAccount(account, MOST_ALONE)));
  return account;
};

/** What became of each: `done`, or the code. */
const endsOf = async (attempts: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(attempts)).map((one) =>
    one.status === 'fulfilled' ? 'done' : (one.reason as { code: string }).code,
  );

const act = (actor: string) => ({ actor, ...origin, requestId: randomUUID() });

/** Money commands that two principals have to want. */
export const proposalsContract = (under: Under): void => {
  describe('proposals', () => {
    it('keep every wish as it was asked', async () => {
      const bank = bankOver(under().storage);
      const account = await opened(bank);
      const deposit = await propose(bank, {
        ...depositMoney(account, 5_000n),
        effectiveAt: instant(Date.now()),
        metadata: { 'a.b': 'c', effectiveAt: 'then' },
      } as Wish);
      await bank.ledger.submit(approving(deposit));
      const last = (await eventsOf(bank, account)).at(-1);
      if (!last) throw new Error('nothing was deposited');
      const hold = { accountId: account as AccountId, holdId: 'hold' as HoldId };
      const { money } = depositMoney(account, 300n) as Extract<Wish, { type: 'DepositMoney' }>;
      await bank.ledger.submit(commandOf({ type: 'PlaceHold', ...hold, money }));
      const wishes: readonly Wish[] = [
        withdrawMoney(account, 101n),
        transferMoney(account, await opened(bank), 101n),
        openAccount(`p-${randomUUID()}`, 101n),
        { type: 'CaptureHold', ...hold },
        { type: 'ReverseTransaction', original: mustBeReversible(last), amount: minorUnits(101n), reason: 'a mistake' },
      ];
      for (const wish of wishes) expect((await propose(bank, wish)).wish).toStrictEqual(wish);
    });

    it('are one where the same request comes to two ledgers at once', async () => {
      const { storage } = under();
      const banks = [bankOver(storage), bankOver(storage)];
      const account = await opened(banks[0] as Bank);
      for (let round = 0; round < 10; round += 1) {
        const key = randomUUID();
        const asked = banks.flatMap(({ ledger }) =>
          [0, 1].map(() => ledger.submit(proposing(depositMoney(account, 101n), { key }))),
        );
        const outcomes = await Promise.all(asked);
        expect(new Set(outcomes.map(({ answer }) => answer.body)).size).toBe(1);
        expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);
      }
      const { proposals } = (banks[0] as Bank).services;
      const mine = (await proposals.list({ limit: 1_000 })).filter(
        ({ wish }) => wish.type === 'DepositMoney' && wish.accountId === account,
      );
      expect(mine).toHaveLength(10);
    });

    it('are carried out once, however many approve at once on two ledgers', async () => {
      const { storage } = under();
      const banks = [bankOver(storage), bankOver(storage)] as const;
      for (let round = 0; round < 10; round += 1) {
        const account = await opened(banks[0]);
        const proposal = await propose(banks[round % 2 === 0 ? 0 : 1], depositMoney(account, 500n));
        const ends = await endsOf(
          CHECKERS.map((checker, index) => banks[index % 2 === 0 ? 0 : 1].ledger.submit(approving(proposal, checker))),
        );
        expect(ends.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'PROPOSAL_NOT_PENDING'), 'done']);
        expect(await balanceOf(banks[0], account)).toBe(600n);
        const winner = CHECKERS[ends.indexOf('done')];
        const { metadata, eventId } = (await eventsOf(banks[0], account)).at(-1) ?? {};
        expect(metadata).toMatchObject({ actor: MAKER, approvedBy: winner, causationId: proposal._id });
        expect(await banks[1].services.proposals.find(proposal._id)).toMatchObject({
          status: 'approved',
          decidedBy: winner,
          eventIds: [eventId],
        });
      }
    });

    it('have one answer for the same approval sent to two ledgers at once', async () => {
      const { storage } = under();
      const banks = [bankOver(storage), bankOver(storage)];
      const account = await opened(banks[0] as Bank);
      for (let round = 0; round < 10; round += 1) {
        const proposal = await propose(banks[0] as Bank, depositMoney(account, 101n));
        const key = randomUUID();
        const asked = banks.flatMap(({ ledger }) =>
          [0, 1].map(() => ledger.submit(approving(proposal, 'key:checker', key))),
        );
        const outcomes = await Promise.all(asked);
        expect(new Set(outcomes.map(({ answer }) => answer.body)).size).toBe(1);
        expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);
      }
      expect(await balanceOf(banks[0] as Bank, account)).toBe(MOST_ALONE + 10n * 101n);
    });

    it('end in one way, where they are approved, rejected and cancelled at once', async () => {
      const { storage } = under();
      const banks = [bankOver(storage), bankOver(storage)] as const;
      for (let round = 0; round < 20; round += 1) {
        const account = await opened(banks[0]);
        const proposal = await propose(banks[0], depositMoney(account, 500n));
        const attempts = [
          () => banks[0].ledger.submit(approving(proposal)),
          () => banks[1].services.proposals.reject(proposal._id, 'no', act('key:other')),
          () => banks[0].services.proposals.cancel(proposal._id, act(MAKER)),
        ];
        const first = round % attempts.length;
        const inTurn = [...attempts.slice(first), ...attempts.slice(0, first)];
        const ends = await endsOf(inTurn.map((attempt) => attempt()));
        expect(ends.toSorted()).toEqual(['PROPOSAL_NOT_PENDING', 'PROPOSAL_NOT_PENDING', 'done']);
        const { status } = await banks[1].services.proposals.find(proposal._id);
        expect(await balanceOf(banks[0], account)).toBe(status === 'approved' ? 600n : 100n);
      }
    });

    it('use up no transaction id before they are carried out, and then for ever', async () => {
      const bank = bankOver(under().storage);
      const account = await opened(bank);
      const transactionId = randomUUID();
      const [one, two] = [
        await propose(bank, depositMoney(account, 101n), { transactionId }),
        await propose(bank, depositMoney(account, 102n), { transactionId }),
      ];
      expect(one.transactionId).toBe(transactionId as TransactionId);
      const ends = await endsOf([one, two].map((proposal) => bank.ledger.submit(approving(proposal))));
      expect(ends.toSorted()).toEqual(['TRANSACTION_ALREADY_RECORDED', 'done']);
    });

    it('can be approved until they expire, and are listed as what they are then', async () => {
      const clock = new StandingClock();
      const bank = bankOver(under().storage, clock);
      const account = await opened(bank);
      const [early, late] = [
        await propose(bank, depositMoney(account, 101n)),
        await propose(bank, depositMoney(account, 102n)),
      ];
      expect(early.expiresAt.getTime() - early.proposedAt.getTime()).toBe(DAYS * DAY);
      const listed = async (status: 'pending' | 'expired'): Promise<readonly string[]> =>
        (await bank.services.proposals.list({ status, limit: 1_000 })).map(({ _id }) => _id);
      clock.move(DAYS * DAY - 1);
      await bank.ledger.submit(approving(early));
      expect(await listed('pending')).toContain(late._id);
      clock.move(1);
      expect(statusAt(late, clock.now())).toBe('expired');
      expect(await listed('pending')).not.toContain(late._id);
      expect(await listed('expired')).toContain(late._id);
      expect(await listed('expired')).not.toContain(early._id);
      const ended = { code: 'PROPOSAL_NOT_PENDING', details: { proposalId: late._id, proposalStatus: 'expired' } };
      await expect(bank.ledger.submit(approving(late))).rejects.toMatchObject(ended);
      await expect(bank.services.proposals.reject(late._id, 'no', act('key:other'))).rejects.toMatchObject(ended);
      expect(await balanceOf(bank, account)).toBe(MOST_ALONE + 101n);
    });

    it.each<readonly [string, Interference, string, boolean]>([
      ['fails', { beforeCommit: () => Promise.reject(new StorageUnavailable('away')) }, 'UNAVAILABLE', false],
      ['is cut off', { afterCommit: () => Promise.reject(new OutcomeUnknown('cut off')) }, 'OUTCOME_UNKNOWN', true],
    ])('and the events tell one story, also where the commit %s', async (_, interference, code, isDone) => {
      const { storage } = under();
      const bank = bankOver(storage);
      const account = await opened(bank);
      const proposal = await propose(bank, depositMoney(account, 500n));
      const disturbed = bankOver(interferedWith(storage, interference).storage);
      const approval = approving(proposal);
      await expect(disturbed.ledger.submit(approval)).rejects.toMatchObject({ code });
      expect((await bank.services.proposals.find(proposal._id)).status).toBe(isDone ? 'approved' : 'pending');
      expect(await balanceOf(bank, account)).toBe(isDone ? 600n : 100n);
      const again = { ...approval.envelope, eventIds: [randomUUID(), randomUUID()] as [EventId, EventId] };
      const { replayed } = await bank.ledger.submit(withEnvelope(approval, again));
      expect(replayed).toBe(isDone);
      expect(await balanceOf(bank, account)).toBe(600n);
    });
  });
};
