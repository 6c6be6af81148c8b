import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, type RunningServer } from '../../src/server.ts';

let agent: Agent;
let server: RunningServer;

beforeEach(async () => {
  agent = new Agent({ keepAlive: true });
  const app = express();
  app.use((_request, response) => void response.send('done'));
  server = await listen(app, '127.0.0.1', 0);
});
afterEach(() => agent.destroy());

type Answer = {
  readonly status: number | undefined;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether it was sent on a connection from before. */
  readonly isReused: boolean;
};

const post = (body = 'x'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(server.url, { method: 'POST', agent }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const { statusCode: status, headers } = response;
        resolve({ status, text, headers, isReused: sent.reusedSocket });
      });
    });
    sent.on('error', reject).end(body);
  });

describe('a server that ends', () => {
  it('carries out what comes on open connections, then tells to come back, and only then refuses', async () => {
    expect(await post()).toMatchObject({ status: 200, isReused: false });
    const closed = server.close(10_000);
    await sleep(50);
    expect(await post()).toMatchObject({ status: 200, text: 'done', isReused: true });
    await sleep(400);
    // Large enough that some of it would still be on its way when the connection is closed.
    const told = await post('x'.repeat(1_000_000));
    expect(told).toMatchObject({ status: 503, headers: { 'retry-after': '1', connection: 'close' } });
    expect(JSON.parse(told.text)).toMatchObject({ code: 'UNAVAILABLE', requestId: told.headers['x-request-id'] });
    await closed;
    await expect(post()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('waits for nobody where nobody is connected', async () => {
    const asked = performance.now();
    await server.close(10_000);
    expect(performance.now() - asked).toBeLessThan(200);
  });
});
