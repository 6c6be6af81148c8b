import type { CommandStartedEvent } from 'mongodb';
import { MongoClient } from 'mongodb';
import mongoose from 'mongoose';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { composeSweeper, type Daybook } from '../../src/compose.ts';
import type { AccountId } from '../../src/domain/account/account-id.ts';
import type { HoldId } from '../../src/domain/hold/hold-id.ts';
import { projections } from '../../src/projections/index.ts';
import { ledgerOver } from '../contract/fixture.ts';
import { commandOf, depositMoney, eur, openAccount, transferMoney, withdrawMoney } from '../support/commands.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { type MonitoredStorage, openMonitoredStorage } from '../support/monitored-storage.ts';
import { verifyLedger } from '../support/verify-ledger.ts';

const writing = new Set(['insert', 'update', 'delete', 'findAndModify', 'bulkWrite']);
const ending = new Set(['commitTransaction', 'abortTransaction']);

const nameOf = ({ commandName, command }: CommandStartedEvent): string => {
  const target: unknown = command[commandName];
  return typeof target === 'string' ? `${commandName} ${target}` : commandName;
};

/** Which transaction a command belongs to, in words that can be compared. */
const transactionOf = ({ command }: CommandStartedEvent): string =>
  JSON.stringify([command.lsid, String(command.txnNumber), command.autocommit]);

describe('the transaction of a commit', () => {
  let database: TestDatabase;
  let monitored: MonitoredStorage;
  let daybook: Daybook;

  beforeAll(async () => {
    database = await openTestDatabase();
    monitored = await openMonitoredStorage(database.uri);
    daybook = ledgerOver(monitored.storage);
    await daybook.ledger.submit(commandOf(openAccount('payer', 10_000n)));
    await daybook.ledger.submit(commandOf(openAccount('payee')));
  });
  afterEach(() => monitored.forget());
  afterAll(async () => {
    await daybook.drain();
    expect((await verifyLedger(database.storage)).faults).toEqual([]);
    await monitored.close();
    await database.drop();
  });

  const inTransaction = (): readonly CommandStartedEvent[] =>
    monitored.started.filter(
      // Snapshots are written behind the answers' back, and no transaction needs them.
      (event) =>
        (writing.has(event.commandName) && event.command[event.commandName] !== 'snapshots') ||
        ending.has(event.commandName),
    );

  it('carries every write of the command, from the event to the last read model', async () => {
    monitored.forget();
    await daybook.ledger.submit(commandOf(transferMoney('payer', 'payee', 5n), { transactionId: 'tx-1' }));
    const commands = inTransaction();
    expect(commands.map(nameOf)).toEqual([
      'insert idempotency_keys',
      'insert transaction_ids',
      'insert events',
      'update accounts',
      'insert statement_entries',
      'insert transfers',
      'commitTransaction',
    ]);
    expect(new Set(commands.map(transactionOf)).size).toBe(1);
    for (const { command } of commands) {
      expect(command).toMatchObject({ autocommit: false });
      expect(Number(command.txnNumber)).toBeGreaterThan(0);
      expect(command.lsid).toHaveProperty('id');
    }
  });

  it('writes a hold with the account that carries it, and asks for no hold where none is asked about', async () => {
    const hold = { accountId: 'payer' as AccountId, holdId: 'hold' as HoldId };
    await daybook.ledger.submit(commandOf({ type: 'PlaceHold', ...hold, money: eur(5n) }));
    expect(inTransaction().map(nameOf)).toEqual([
      'insert idempotency_keys',
      'insert events',
      'update accounts',
      'insert holds',
      'commitTransaction',
    ]);
    monitored.forget();
    await daybook.ledger.submit(commandOf({ type: 'CaptureHold', ...hold }));
    expect(inTransaction().map(nameOf)).toContain('update holds');
    monitored.forget();
    await daybook.ledger.submit(commandOf(depositMoney('payer', 5n)));
    await daybook.ledger.submit(commandOf(withdrawMoney('payer', 1_000_000n))).catch(() => undefined);
    expect(monitored.started.map(nameOf).filter((name) => name.endsWith(' holds'))).toEqual([]);
  });

  it('of a hold that expires is found by an index of those that are due', async () => {
    monitored.forget();
    const sweeper = composeSweeper(monitored.storage, daybook.ledger, pino({ level: 'silent' }));
    sweeper.start();
    await sweeper.stop();
    const [find] = monitored.started.filter((event) => nameOf(event) === 'find holds');
    const { filter, sort, limit } = (find?.command ?? {}) as Readonly<Record<string, unknown>>;
    const explained = await database.connection
      .getClient()
      .db(database.connection.name)
      .command({ explain: { find: 'holds', filter, sort, limit }, verbosity: 'queryPlanner' });
    const plan = JSON.stringify((explained.queryPlanner as { winningPlan: unknown }).winningPlan);
    expect(plan).toContain('"indexName":"due"');
    expect(plan).not.toContain('"SORT"');
  });

  it('reads a snapshot and is acknowledged by the majority, journaled; no part of it says otherwise', async () => {
    monitored.forget();
    await daybook.ledger.submit(commandOf(depositMoney('payer', 5n)));
    const commands = inTransaction();
    const [first, ...others] = commands;
    expect(first?.command).toMatchObject({ startTransaction: true, readConcern: { level: 'snapshot' } });
    for (const { command } of others) expect(command).not.toHaveProperty('startTransaction');
    const commit = commands.at(-1);
    expect(commit?.commandName).toBe('commitTransaction');
    expect(commit?.command.writeConcern).toMatchObject({ w: 'majority', j: true });
    for (const { command } of commands.slice(0, -1)) expect(command).not.toHaveProperty('writeConcern');
  });

  it('is given up as a whole where a read model fails', async () => {
    const broken = ledgerOver(monitored.storage, {
      projections: projections.map((projection) => ({
        ...projection,
        project: (change) => {
          if (projection.table.name === 'transfers') throw new Error('broken');
          return projection.project(change);
        },
      })),
    });
    await expect(broken.ledger.submit(commandOf(transferMoney('payer', 'payee', 5n)))).rejects.toThrow('broken');
    const commands = inTransaction();
    expect(commands.at(-1)?.commandName).toBe('abortTransaction');
    expect(new Set(commands.map(transactionOf)).size).toBe(1);
    await broken.drain();
  });

  it('is not even begun for a rejected command', async () => {
    monitored.forget();
    await daybook.ledger.submit(commandOf(withdrawMoney('payer', 1_000_000n))).catch(() => undefined);
    expect(inTransaction()).toEqual([]);
  });

  it('ends at its first statement for a repeated command, and is not begun for those that follow', async () => {
    const key = 'repeated';
    await daybook.ledger.submit(commandOf(depositMoney('payer', 1n), { key }));
    monitored.forget();
    await daybook.ledger.submit(commandOf(depositMoney('payer', 1n), { key }));
    expect(inTransaction().map(nameOf)).toEqual(['insert idempotency_keys', 'abortTransaction']);
    monitored.forget();
    await daybook.ledger.submit(commandOf(depositMoney('payer', 1n), { key }));
    expect(inTransaction()).toEqual([]);
  });

  it('is one for many commands that wait for the same account', async () => {
    monitored.forget();
    const commands = Array.from({ length: 500 }, () => commandOf(depositMoney('payee', 1n)));
    await Promise.all(commands.map((command) => daybook.ledger.submit(command)));
    const commits = monitored.started.filter(({ commandName }) => commandName === 'commitTransaction');
    // Half of the crowd each, what is left of it, and nothing conflicts.
    expect(commits.length).toBeLessThanOrEqual(3);
    expect(new Set(inTransaction().map(transactionOf)).size).toBe(commits.length);
    // Of the account itself, each batch writes only what it is in the end.
    const updates = monitored.started.filter((event) => nameOf(event) === 'update accounts');
    expect(updates).toHaveLength(commits.length);
    for (const { command } of updates) expect(command.updates).toHaveLength(1);
  });

  it('is begun by the very driver that Mongoose uses: there is one copy of it', () => {
    expect(mongoose.mongo.MongoClient).toBe(MongoClient);
    expect(monitored.connection.getClient()).toBeInstanceOf(MongoClient);
  });
});
