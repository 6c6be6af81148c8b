import { beforeAll, describe, expect, it } from 'vitest';
import { sendRaw } from './raw-http.ts';
import { useWorld } from './world.ts';

const world = useWorld();

beforeAll(() => world.client.open({ accountId: 'a' }));

const askedAs = async (host: string, method = 'GET', path = '/v1/accounts/a'): Promise<number> => {
  const head = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', 'Content-Length: 0'];
  return (await sendRaw(world.client.url, `${head.join('\r\n')}\r\n\r\n`)).status;
};

describe('a server that is open', () => {
  it.each(['localhost', 'LOCALHOST:80', '127.0.0.1:3000', '127.9.9.9', '[::1]:3000'])(
    'answers who asks this machine: %s',
    async (host) => {
      expect(await askedAs(host)).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example@localhost',
    '10.0.0.1',
    '[::2]',
    '',
  ])('is no place that a page of another site can lead to: %s', async (host) => {
    expect(await askedAs(host)).toBe(403);
    expect(await askedAs(host, 'POST', '/v1/accounts')).toBe(403);
  });
});
