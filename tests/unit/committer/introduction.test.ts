import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { introduce, welcome } from '../../../src/committer/introduction.ts';
import { socketPair, type SocketPair, until } from '../../support/sockets.ts';

const tokenOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64url');

const TOKEN = tokenOf(7);
const PROTOCOL = 1;

const introductionOf = (protocol: number, byte: number): Buffer =>
  Buffer.concat([Buffer.of(protocol), Buffer.alloc(32, byte)]);

describe('an introduction', () => {
  let pair: SocketPair;

  beforeEach(async () => {
    pair = await socketPair();
  });
  afterEach(() => pair.close());

  it('with the token is welcome', async () => {
    const welcomed = welcome(pair.far, TOKEN);
    expect(await introduce(pair.near, TOKEN)).toBe(true);
    expect(await welcomed).toBe(true);
  });

  it('with another token is not, and the caller hears nothing', async () => {
    const introduced = introduce(pair.near, tokenOf(8));
    expect(await welcome(pair.far, TOKEN)).toBe(false);
    expect(pair.far.bytesWritten).toBe(0);
    pair.far.destroy();
    expect(await introduced).toBe(false);
  });

  it('in another protocol is not', async () => {
    pair.near.write(introductionOf(PROTOCOL + 1, 7));
    expect(await welcome(pair.far, TOKEN)).toBe(false);
  });

  it('byte by byte is welcome', async () => {
    const welcomed = welcome(pair.far, TOKEN);
    for (const byte of introductionOf(PROTOCOL, 7)) {
      const before = pair.far.bytesRead;
      pair.near.write(Buffer.of(byte));
      await until(() => pair.far.bytesRead > before);
    }
    expect(await welcomed).toBe(true);
  });

  it('that is too short is given up after a second', async () => {
    const begun = performance.now();
    pair.near.write(introductionOf(PROTOCOL, 7).subarray(0, 32));
    expect(await welcome(pair.far, TOKEN)).toBe(false);
    expect(performance.now() - begun).toBeGreaterThan(900);
  });

  it('that nobody answers is given up after a second', async () => {
    const begun = performance.now();
    expect(await introduce(pair.near, TOKEN)).toBe(false);
    expect(performance.now() - begun).toBeGreaterThan(900);
  });

  it('of one who hangs up is over at once', async () => {
    const welcomed = welcome(pair.far, TOKEN);
    pair.near.destroy();
    expect(await welcomed).toBe(false);
  });

  it.each([
    ['with the token', 7, true],
    ['with another token', 8, false],
  ])(
    '%s: what follows in the same breath is read only by whoever listens next, and all of it',
    async (_, byte, isKnown) => {
      const rest = Buffer.alloc(100_000, 'and this');
      pair.near.write(Buffer.concat([introductionOf(PROTOCOL, byte), rest]));
      expect(await welcome(pair.far, TOKEN)).toBe(isKnown);
      // Nobody has asked for more yet.
      await new Promise((resolve) => setTimeout(resolve, 50));
      const heard: Buffer[] = [];
      pair.far.on('data', (chunk: Buffer) => heard.push(chunk)).resume();
      await until(() => Buffer.concat(heard).length >= rest.length);
      expect(Buffer.concat(heard).equals(rest)).toBe(true);
    },
  );

  it('to something that answers otherwise is none', async () => {
    pair.far.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(await introduce(pair.near, TOKEN)).toBe(false);
  });
});
