import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

/** Each sample by its name with its labels. */
const samplesIn = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
  );

/** On a connection of its own: so that it goes to the next worker. */
const getAlone = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    request(url, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });

describe.each(['0', '2'])('GET /metrics with DAYBOOK_WORKERS=%s', (DAYBOOK_WORKERS) => {
  let database: TestDatabase;
  let api: ApiProcess;

  beforeEach(async () => {
    database = await openTestDatabase();
    api = await startApiProcess({ MONGODB_URI: database.uri, DAYBOOK_WORKERS });
  });
  afterEach(async () => {
    await api.kill('SIGKILL');
    await database.drop();
  });

  const scrape = async (): Promise<ReadonlyMap<string, number>> =>
    samplesIn(await getAlone(`${api.client.url}/metrics`));

  it('counts commands, requests and commits, whichever process is asked', async () => {
    const { client } = api;
    await client.open({ accountId: 'alice' });
    const deposit = { amount: 5, currency: 'EUR' };
    const key = { 'Idempotency-Key': randomUUID() };
    for (let count = 0; count < 2; count += 1) await client.post('/v1/accounts/alice/deposits', deposit, key);
    await Promise.all(Array.from({ length: 10 }, () => client.post('/v1/accounts/alice/deposits', deposit)));
    await client.post('/v1/accounts/alice/withdrawals', { amount: 5_000, currency: 'EUR' });
    await client.post('/v1/accounts/alice/withdrawals', {});
    for (let asked = 0; asked < 4; asked += 1) {
      const samples = await scrape();
      const commands = (labels: string): number | undefined => samples.get(`daybook_commands_total{${labels}}`);
      expect(commands('type="DepositMoney",outcome="accepted",code=""')).toBe(11);
      expect(commands('type="DepositMoney",outcome="replayed",code=""')).toBe(1);
      expect(commands('type="WithdrawMoney",outcome="rejected",code="INSUFFICIENT_FUNDS"')).toBe(1);
      const requests = (labels: string): number | undefined =>
        samples.get(`daybook_http_request_duration_seconds_count{method="POST",route="/v1/accounts${labels}}`);
      expect(requests('/{accountId}/deposits",status="201"')).toBe(12);
      expect(requests('/{accountId}/withdrawals",status="400"')).toBe(1);
      expect(samples.get('daybook_batch_commands_sum')).toBe(12);
      expect(samples.get('daybook_commit_duration_seconds_count')).toBe(samples.get('daybook_batch_commands_count'));
      expect(samples.get('daybook_commands_waiting')).toBe(0);
      expect(samples.has('nodejs_eventloop_lag_mean_seconds')).toBe(true);
      expect(samples.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    }
  });

  it('says how far the journal and the audit are', async () => {
    await api.client.open({ accountId: 'alice', initialDeposit: { amount: 5 } });
    await expect.poll(async () => (await scrape()).get('daybook_journal_position'), { timeout: 20_000 }).toBe(2);
    await expect.poll(async () => (await scrape()).get('daybook_audit_accounts'), { timeout: 30_000 }).toBe(1);
    const samples = await scrape();
    expect(samples.get('daybook_audit_drift')).toBe(0);
    expect(samples.get('daybook_audit_last_pass_timestamp_seconds')).toBeGreaterThan(Date.now() / 1_000 - 60);
  });

  it('has every metric that the alerts and the dashboard ask for', async () => {
    await api.client.open({ accountId: 'alice', initialDeposit: { amount: 5 } });
    const described = async (): Promise<ReadonlySet<string>> => {
      const text = await getAlone(`${api.client.url}/metrics`);
      return new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? ''));
    };
    await expect
      .poll(async () => (await described()).has('daybook_audit_last_pass_timestamp_seconds'), { timeout: 30_000 })
      .toBe(true);
    const told = await described();
    for (const file of ['alerts.yml', 'grafana/daybook.json']) {
      const text = await readFile(`docker/monitoring/${file}`, 'utf8');
      const asked = new Set(text.match(/\b(?:daybook|nodejs|process)_[a-z0-9_]+/g));
      expect(asked.size).toBeGreaterThan(5);
      const names = [...asked].map((name) => (told.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')));
      expect(names.filter((name) => !told.has(name))).toEqual([]);
    }
  });

  it('counts what is read, decided again and waited for', async () => {
    const { client } = api;
    await client.open({ accountId: 'alice', initialDeposit: { amount: 5 } });
    const key = { 'Idempotency-Key': randomUUID() };
    const deposit = { amount: 5, currency: 'EUR' };
    for (let count = 0; count < 2; count += 1) await client.post('/v1/accounts/alice/deposits', deposit, key);
    const samples = await scrape();
    expect(samples.get('daybook_account_cache_total{outcome="hit"}')).toBeGreaterThanOrEqual(2);
    expect(samples.get('daybook_account_cache_total{outcome="miss"}')).toBeGreaterThanOrEqual(1);
    // The key that was used before is found out by the store.
    expect(samples.get('daybook_batch_retries_total{reason="conflict"}')).toBe(1);
    expect(samples.get('daybook_mongo_connection_wait_seconds_count')).toBeGreaterThan(5);
    expect(samples.get('daybook_mongo_connections_in_use')).toBeLessThanOrEqual(20);
    expect(samples.get('daybook_mongo_connections_in_use')).toBeGreaterThanOrEqual(0);
  });

  it('is the text format that Prometheus reads, each name described once', async () => {
    const { status, headers, text } = await api.client.get('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const described = text.split('\n').filter((line) => line.startsWith('# TYPE'));
    const names = described.map((line) => line.split(' ')[2]);
    expect(names).toContain('daybook_commands_total');
    expect(new Set(names).size).toBe(names.length);
  });
});
