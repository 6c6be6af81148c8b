import { afterEach, describe, expect, it, vi } from 'vitest';
import { Duty } from '../../../src/application/duty.ts';
import { Auditor } from '../../../src/application/audit/auditor.ts';
import { toldText } from '../../../src/application/audit/told-text.ts';
import type { AuditStanding } from '../../../src/application/queries/audit-standing.ts';
import { auditStanding } from '../../../src/application/queries/audit-standing.ts';
import type { Finding } from '../../../src/application/ports/finding.ts';
import { StorageUnavailable } from '../../../src/application/ports/storage-errors.ts';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { StreamCheck } from '../../../src/application/verify/stream-check.ts';
import { systemClock } from '../../../src/compose.ts';
import { mustBeReversible } from '../../../src/domain/reversal/reversal.ts';
import { accountsTable } from '../../../src/projections/accounts/accounts.ts';
import { projections } from '../../../src/projections/index.ts';
import { transfersTable } from '../../../src/projections/transfers/transfers.ts';
import { write } from '../../contract/fixture.ts';
import { depositMoney, openAccount, transferMoney } from '../../support/commands.ts';
import { streamOf } from '../../support/recorded-events.ts';
import { interferedWith, openTestLedger, type TestLedger } from '../../support/test-ledger.ts';

const filledWith = async (deposits: number): Promise<TestLedger> => {
  const ledger = openTestLedger();
  await ledger.submit(openAccount('a', 1_000n));
  await ledger.submit(openAccount('b'));
  for (let count = 0; count < deposits; count += 1) await ledger.submit(depositMoney('a', 1n));
  return ledger;
};

describe('the audit, in memory', () => {
  let auditor: Duty | undefined;
  const lines: object[] = [];

  afterEach(async () => {
    await auditor?.stop();
    lines.length = 0;
  });

  const audit = (storage: Storage, eventsPerSecond = 1_000_000, isBusy = () => false): void => {
    const error = (fields: object): void => void lines.push(fields);
    const log = { info: () => undefined, warn: error, error };
    auditor = new Duty(new Auditor({ storage, projections, clock: systemClock, log, eventsPerSecond, isBusy }));
    auditor.start();
  };

  const standingOf = (storage: Storage): Promise<AuditStanding | undefined> => auditStanding(storage)();

  const until = (storage: Storage, is: (standing: AuditStanding) => boolean): Promise<AuditStanding> =>
    vi.waitUntil(
      async () => {
        const standing = await standingOf(storage);
        return standing && is(standing) ? standing : false;
      },
      { timeout: 20_000 },
    );

  it('finds nothing wrong with what commands have recorded, and counts the accounts', async () => {
    const { storage, submit } = await filledWith(3);
    await submit(transferMoney('a', 'b', 5n, 't'));
    audit(storage);
    expect(await until(storage, ({ passes }) => passes > 0)).toMatchObject({ accounts: 2, driftCount: 0, drift: [] });
    expect(lines).toEqual([]);
  });

  it('tells of a row once, and forgets it when it is right again', async () => {
    const { storage } = await filledWith(3);
    const row = await storage.table(accountsTable).get('a');
    if (!row) throw new Error('no row');
    await write(storage, accountsTable, [{ kind: 'put', row: { ...row, ledgerBalance: 7n } }]);
    audit(storage);
    const { passes } = await until(storage, ({ driftCount }) => driftCount === 1);
    await until(storage, (standing) => standing.passes > passes + 1);
    expect(lines).toEqual([
      {
        readModel: 'accounts',
        accountId: 'a',
        version: 5,
        row: 'a',
        fields: ['ledgerBalance'],
        problem: 'the row is not what the events give',
        expected: 'ledgerBalance 1003',
        found: 'ledgerBalance 7',
      },
    ]);
    await write(storage, accountsTable, [{ kind: 'put', row }]);
    expect(await until(storage, ({ driftCount }) => driftCount === 0)).toMatchObject({ drift: [] });
  });

  it('keeps the first places of one account, and counts the others', async () => {
    const { storage, submit } = await filledWith(0);
    for (let count = 0; count < 25; count += 1) await submit(transferMoney('a', 'b', 1n, `t-${count}`));
    const set = { reference: 'something else' };
    const writes = Array.from({ length: 25 }, (_, count) => ({ kind: 'patch' as const, id: `t-${count}`, set }));
    await write(storage, transfersTable, writes);
    audit(storage);
    const { drift } = await until(storage, ({ driftCount }) => driftCount === 25);
    expect(drift).toHaveLength(10);
    expect(JSON.stringify(lines)).not.toContain('something else');
  });

  it('goes on when the store comes back', async () => {
    const { storage } = await filledWith(1);
    let isAway = true;
    const { storage: shaky } = interferedWith(storage, {
      events: (events) => ({
        streamsBehind: (...asked) =>
          isAway ? Promise.reject(new StorageUnavailable('away')) : events.streamsBehind(...asked),
      }),
    });
    audit(shaky);
    await vi.waitUntil(() => lines.length > 0);
    isAway = false;
    await until(storage, ({ passes }) => passes > 0);
  });

  it('reads no more events a second than it may', async () => {
    const { storage } = await filledWith(50);
    const begun = performance.now();
    audit(storage, 100);
    await until(storage, ({ passes }) => passes > 0);
    // 53 events, and what two accounts cost beside them.
    expect(performance.now() - begun).toBeGreaterThan(1_000);
  });

  it('makes way for commands, and not for ever', async () => {
    const { storage } = await filledWith(5);
    audit(storage, 1_000_000, () => true);
    await until(storage, ({ passes }) => passes > 0);
  });

  it('reads nothing where it is switched off', async () => {
    const { storage } = await filledWith(1);
    audit(storage, 0);
    await auditor?.stop();
    expect(await standingOf(storage)).toBeUndefined();
  });

  it('is ended in the middle of a walk, and goes on behind the last account', async () => {
    const ledger = openTestLedger();
    for (let index = 10; index < 40; index += 1) await ledger.submit(openAccount(`a-${index}`));
    audit(ledger.storage, 300);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await auditor?.stop();
    const half = (await standingOf(ledger.storage))?.walk.accounts ?? 0;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(30);
    audit(ledger.storage);
    expect(await until(ledger.storage, ({ passes }) => passes > 0)).toMatchObject({ accounts: 30 });
  });
});

describe('a stream that is checked while it is written', () => {
  it('is held against what it was, and against what has become of it', async () => {
    const ledger = openTestLedger();
    const { storage, submit } = ledger;
    await submit(openAccount('a', 10_000n));
    await submit(openAccount('b'));
    for (let count = 0; count < 12; count += 1) await submit(transferMoney('a', 'b', 10n, `t-${count}`));
    let reversed = 2;
    const reverseNext = async (): Promise<void> => {
      const [original] = await storage.events.read(streamOf('a'), { after: (reversed += 1) - 1, limit: 1 });
      if (original?.type !== 'TransferSent') return;
      await submit({ type: 'ReverseTransaction', original: mustBeReversible(original), reason: 'a mistake' });
    };
    // Between any two reads of the check, something happens to what it has read or is about to read.
    const busy: Storage = interferedWith(storage, {
      events: (events) => ({
        read: async (...asked) => {
          const page = await events.read(...asked);
          await submit(depositMoney('a', 1n));
          await reverseNext();
          return page;
        },
      }),
    }).storage;
    const findings: Finding[] = [];
    const reading = { atOnce: 3, pace: () => undefined };
    const { events } = await new StreamCheck({ storage: busy, projections, reading }, streamOf('a'), (finding) =>
      findings.push(finding),
    ).run();
    expect(findings).toEqual([]);
    expect(reversed).toBeGreaterThan(6);
    expect(events).toBeGreaterThanOrEqual(14);
  });

  it('shows a transfer that a reversal has not reached, and one that says more than happened', async () => {
    const { storage, submit } = await filledWith(0);
    await submit(transferMoney('a', 'b', 10n, 'late'));
    await submit(transferMoney('a', 'b', 10n, 'early'));
    const before = await storage.table(transfersTable).get('late');
    const [original] = await storage.events.read(streamOf('a'), { after: 2, limit: 1 });
    if (!original || !before) throw new Error('no transfer');
    await submit({ type: 'ReverseTransaction', original: mustBeReversible(original), reason: 'a mistake' });
    await write(storage, transfersTable, [
      { kind: 'put', row: before },
      { kind: 'patch', id: 'early', set: { status: 'reversed' } },
    ]);
    const findings: Finding[] = [];
    const reading = { atOnce: 1, pace: () => undefined };
    await new StreamCheck({ storage, projections, reading }, streamOf('a'), (one) => findings.push(one)).run();
    const told = findings.map(({ at, fields }) => [at.row, fields]);
    expect(told.toSorted()).toEqual([
      ['early', ['status']],
      ['late', ['reversedAmount', 'status']],
    ]);
  });
});

describe('what the log is told of a cell', () => {
  it.each([
    ['ledgerBalance', 5n, '5'],
    ['version', 7, '7'],
    ['backDated', true, 'true'],
    ['status', 'frozen', '"frozen"'],
    ['accountId', 'alice', '"alice"'],
    ['recordedAt', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['transferId', undefined, 'nothing'],
    ['reference', 'for her birthday', '(withheld)'],
    ['counterparty', 'her aunt', '(withheld)'],
    ['metadata', { name: 'Alice' }, '(withheld)'],
  ])('%s', (field, value, text) => {
    expect(toldText(field, value)).toBe(text);
  });
});
