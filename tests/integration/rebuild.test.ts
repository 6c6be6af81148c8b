import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Rebuild } from '../../src/application/replay/rebuild.ts';
import type { StreamId } from '../../src/domain/account/account-id.ts';
import { projections } from '../../src/projections/index.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { runScript, type ScriptResult } from '../support/run-script.ts';

const nothing = (): void => undefined;

describe('npm run rebuild and npm run replay', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeEach(async () => {
    database = await openTestDatabase();
    api = await startApi(database.storage);
    await api.client.open({ accountId: 'a', initialDeposit: { amount: 1_000, reference: 'first' } });
    await api.client.open({ accountId: 'b', overdraftLimit: 500, metadata: { branch: 'north' } });
    const transfer = await api.client.post('/v1/transfers', {
      transferId: 't1',
      fromAccountId: 'a',
      toAccountId: 'b',
      amount: 300,
      currency: 'EUR',
    });
    const { eventId } = transfer.body.to as { eventId: string };
    await api.client.post('/v1/reversals', { eventId, amount: 100, reason: 'partly' });
    await api.client.post('/v1/accounts/b/withdrawals', { amount: 250, currency: 'EUR', transactionId: 'w1' });
    await api.client.post('/v1/accounts/b/freeze', { reason: 'asked' });
  });

  afterEach(async () => {
    await api.close();
    await database.drop();
  });

  const script = (name: 'replay' | 'rebuild', ...args: string[]): Promise<ScriptResult> =>
    runScript(name, args, { MONGODB_URI: database.uri });

  const collection = (name: string) =>
    database.connection.getClient().db(database.connection.name).collection<{ _id: string }>(name);

  it('finds nothing to mend, and leaves no shadow behind', async () => {
    const result = await script('rebuild');
    expect(result.stdout).toContain('agree with the events');
    expect(result.code).toBe(0);
    expect(await database.storage.shadowMarks()).toEqual([]);
  });

  it('names every kind of damage, changes nothing without --switch, and mends it with it', async () => {
    const ghost = await collection('accounts').findOne({ _id: 'a' });
    const entry = await collection('statement_entries').findOne({ type: 'MoneyWithdrawn' });
    await collection('accounts').updateOne({ _id: 'a' }, { $set: { ledgerBalance: 5n } });
    await collection('accounts').deleteOne({ _id: 'b' });
    await collection('accounts').insertOne({ ...ghost, _id: 'ghost' });
    await collection('statement_entries').deleteOne({ _id: entry?._id ?? '' });
    await collection('statement_entries').insertOne({
      ...entry,
      _id: '01a1fd5f-6ebb-772f-9e49-98e3628e217d',
      version: 99,
    } as never);
    await collection('transfers').updateOne({ _id: 't1' }, { $set: { status: 'completed' } });

    const found = await script('rebuild');
    expect(found.code).toBe(1);
    expect(found.stdout).toContain('accounts, account a, row a: ledgerBalance is 5, the events say 800');
    expect(found.stdout).toContain('accounts, account b, row b: is missing');
    expect(found.stdout).toContain('accounts, account ghost, row ghost: has no event');
    expect(found.stdout).toContain(`statement_entries, account b, row ${entry?._id ?? ''}: is missing`);
    expect(found.stdout).toContain('row 01a1fd5f-6ebb-772f-9e49-98e3628e217d: has no event');
    expect(found.stdout).toContain(
      'transfers, account a, row t1: status is "completed", the events say "partially_reversed"',
    );
    expect(found.stdout).toContain('6 rows differ');
    expect(await collection('accounts').findOne({ _id: 'b' })).toBeNull();

    const switched = await script('rebuild', '--switch');
    expect(switched.stdout).toContain('they agree now');
    expect(switched.code).toBe(0);
    const acts = await collection('access_log').find({ what: 'switchRebuild' }).toArray();
    expect(acts).toMatchObject([{ actor: expect.stringMatching(/^script:./) as string, route: 'npm run rebuild' }]);
    expect((await script('rebuild')).code).toBe(0);
    expect((await api.client.get('/v1/accounts/ghost')).status).toBe(404);
    expect((await api.client.get('/v1/accounts/b')).body).toMatchObject({ ledgerBalance: -50, status: 'frozen' });
  });

  it('keeps to one account when told to', async () => {
    await collection('accounts').updateMany({}, { $set: { ledgerBalance: 5n } });
    const result = await script('rebuild', '--account', 'b', '--switch', '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({
      agree: true,
      differences: [{ accountId: 'b', cells: [{ field: 'ledgerBalance', expected: -50, found: 5 }] }],
    });
    expect(await collection('accounts').findOne({ _id: 'a' })).toMatchObject({ ledgerBalance: 5n });
    expect((await script('rebuild', '--account', 'nobody')).stderr).toContain('There is no account nobody');
  });

  it(
    'agrees while deposits and reversals go on, and mends under them without undoing any',
    { timeout: 120_000 },
    async () => {
      let stop = false;
      let deposited = 0;
      const write = async (): Promise<void> => {
        while (!stop) {
          const reply = await api.client.post('/v1/accounts/a/deposits', { amount: 1, currency: 'EUR' });
          expect(reply.status).toBe(201);
          deposited = Number(reply.body.ledgerBalance) - 800;
        }
      };
      const writers = [write(), write(), write()];
      try {
        expect((await script('rebuild')).stdout).toContain('agree with the events');
        await collection('statement_entries').deleteOne({ accountId: 'a', version: 2 });
        await collection('transfers').updateOne({ _id: 't1' }, { $set: { reversedAmount: 0n } });
        const mended = await script('rebuild', '--switch');
        expect(mended.stdout).toContain('they agree now');
      } finally {
        stop = true;
        await Promise.all(writers);
      }
      expect(deposited).toBeGreaterThan(100);
      expect((await script('rebuild')).code).toBe(0);
      const { version, ledgerBalance } = (await api.client.get('/v1/accounts/a')).body;
      const events = await database.storage.events.read('account-a' as StreamId, {
        after: Number(version) - 1,
        limit: 10,
      });
      expect(events).toHaveLength(1);
      expect(Number(ledgerBalance)).toBe(800 + Number(version) - 4);
    },
  );

  it('gives the same rows, byte for byte, as the live path', async () => {
    for (const holdId of ['open', 'ended']) {
      await api.client.post('/v1/accounts/a/holds', { holdId, amount: 9, currency: 'EUR', metadata: { table: '4' } });
    }
    await api.client.post('/v1/accounts/a/holds/ended/capture', { amount: 5 });
    const shadow = await database.storage.openShadow(
      projections.map(({ table }) => table),
      'twins',
    );
    const rebuild = new Rebuild(
      database.storage,
      { ...shadow, transactionally: database.storage.transactionally },
      projections,
    );
    const streams = async function* (): AsyncGenerator<StreamId> {
      for await (const { streamId } of database.storage.events.heads()) yield streamId;
    };
    await rebuild.fill(streams(), nothing);
    const beside = `${database.connection.name}_rebuild`;
    for (const { table } of projections) {
      const raw = (place: string, name: string) =>
        database.connection
          .getClient()
          .db(place)
          .collection(name)
          .find({}, { raw: true })
          .sort({ _id: 1 })
          .toArray() as unknown as Promise<Buffer[]>;
      const [live, rebuilt] = [
        await raw(database.connection.name, table.name),
        await raw(beside, `twins.${table.name}`),
      ];
      expect(live.length).toBeGreaterThan(0);
      expect(Buffer.concat(rebuilt).equals(Buffer.concat(live))).toBe(true);
    }
    await shadow.drop();
  });

  it('replays an account step by step, up to a version or a time, and says whether the read models agree', async () => {
    const whole = await script('replay', '--account', 'b', '--json');
    const report = JSON.parse(whole.stdout) as { steps: Record<string, unknown>[]; readModels: unknown };
    expect(
      report.steps.map(({ version, type, amount, balanceBefore, balanceAfter }) => [
        version,
        type,
        amount,
        balanceBefore,
        balanceAfter,
      ]),
    ).toEqual([
      [1, 'AccountOpened', undefined, 0, 0],
      [2, 'TransferReceived', 300, 0, 300],
      [3, 'TransactionReversed', -100, 300, 200],
      [4, 'MoneyWithdrawn', -250, 200, -50],
      [5, 'AccountFrozen', undefined, -50, -50],
    ]);
    expect(report.steps[0]).toMatchObject({ actor: 'anonymous' });
    expect(report.readModels).toEqual({ agree: true, differences: [] });

    const upToThree = await script('replay', '--account', 'b', '--version', '3', '--follow-each-step');
    expect(upToThree.stdout).toContain('b at version 3: active, 2.00 EUR');
    expect(upToThree.stdout).toContain('overdraft limit 5.00, available 7.00');
    expect(upToThree.stdout).toContain('The read models agree with the events.');

    const secondStep = String(report.steps[1]?.recordedAt);
    const atTime = await script('replay', '--account', 'b', '--at', secondStep);
    expect(atTime.stdout).toContain('b at version 2: active, 3.00 EUR');

    await collection('accounts').updateOne({ _id: 'b' }, { $set: { status: 'active' } });
    const damaged = await script('replay', '--account', 'b');
    expect(damaged.stdout).toContain('accounts, account b, row b: status is "active", the events say "frozen"');
    expect(damaged.code).toBe(1);
  });

  it('shows any moment, what lies between two, and what would have become of the account', async () => {
    const atThree = await script('replay', '--account', 'b', '--as-of', new Date().toISOString());
    expect(atThree).toMatchObject({ code: 0, stderr: expect.any(String) as string });
    expect(atThree.stdout).toMatch(/account +5 +frozen +-0\.50 +0\.00 +5\.00 +4\.50/);
    expect(atThree.stdout).toMatch(/from the entry at version 4, balance -0\.50, and on from there:\s+No events\./);

    const diff = await script('replay', '--account', 'b', '--version', '5', '--diff', 'version:2', '--json');
    expect(JSON.parse(diff.stdout)).toMatchObject({
      from: { version: 2, ledgerBalance: 300, status: 'active' },
      to: { version: 5, ledgerBalance: -50, status: 'frozen' },
      difference: { ledgerBalance: -350 },
      events: [{ amount: -100 }, { amount: -250 }, { type: 'AccountFrozen' }],
    });
    const inLines = await script('replay', '--account', 'b', '--diff', 'version:3');
    expect(inLines.stdout).toMatch(/4 +MoneyWithdrawn +-2\.50 .* to +recorded_between/);

    const file = join(await mkdtemp(join(tmpdir(), 'daybook-what-if-')), 'what-if.json');
    const deposit = { type: 'DepositMoney', accountId: 'b', amount: 7, currency: 'EUR' };
    await writeFile(
      file,
      JSON.stringify({ commands: [deposit, { type: 'UnfreezeAccount', accountId: 'b', reason: 'r' }, deposit] }),
    );
    const tried = await script('replay', '--account', 'b', '--what-if', file);
    expect(tried.stdout).toMatch(/ACCOUNT_FROZEN +5 .*\n200 +6 +active .*\n201 +7 +active +-0\.43/);
    const then = await script('replay', '--account', 'b', '--what-if', file, '--version', '4', '--json');
    const { results } = JSON.parse(then.stdout) as { results: { status: number; problem?: { code: string } }[] };
    expect(results.map(({ status, problem }) => problem?.code ?? status)).toEqual([201, 'ACCOUNT_NOT_FROZEN', 201]);

    for (const [path, content, words] of [
      [`${file}.none`, undefined, `${file}.none cannot be read: ENOENT`],
      [file, '{"commands":[', `${file} is not valid JSON.\n`],
    ] as const) {
      if (content !== undefined) await writeFile(path, content);
      const { code, stderr } = await script('replay', '--account', 'b', '--what-if', path);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(words) as string });
      expect(stderr).not.toContain('    at ');
    }
    await writeFile(file, '{"commands":[{"type":"DepositMoney","accountId":"b","amount":1.5,"currency":"EUR"}]}');
    const malformed = await script('replay', '--account', 'b', '--what-if', file);
    expect(malformed).toMatchObject({ code: 1, stderr: expect.stringContaining('/commands/0/amount') as string });
    const absent = await script('replay', '--account', 'b', '--version', '6', '--diff', 'version:1');
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining('ACCOUNT_NOT_FOUND') as string });
    expect((await script('replay', '--account', 'b', '--diff', 'yesterday')).stderr).toContain('Give version:3');
  });

  it('says what is wrong with its arguments', async () => {
    expect((await script('replay')).stderr).toContain("required option '--account <id>'");
    expect((await script('replay', '--account', 'b', '--at', 'yesterday')).stderr).toContain('date and time with zone');
    expect(await script('replay', '--account', 'nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no account nobody') as string,
    });
    expect(await script('replay', '--account', 'b', '--version', '99')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\nAccount b had not reached version 99: its last one is 5\.\n$/) as string,
    });
  });
});
