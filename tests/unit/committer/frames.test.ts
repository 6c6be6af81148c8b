import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { serialize } from 'node:v8';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Frames } from '../../../src/committer/frames.ts';
import { socketPair, type SocketPair, until } from '../../support/sockets.ts';

type Value = { readonly name: string; readonly amount?: bigint };

const frameOf = (body: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
};

describe('values over a socket', () => {
  let pair: SocketPair;
  let heard: (readonly Value[])[];

  const listenAt = (socket: Socket): Frames<Value, Value> => {
    const frames = new Frames<Value, Value>(socket, (values) => heard.push(values));
    socket.resume();
    return frames;
  };

  beforeEach(async () => {
    pair = await socketPair();
    heard = [];
  });
  afterEach(() => pair.close());

  it('arrive as they were, amounts beyond 2^53 too', async () => {
    listenAt(pair.far);
    const value: Value = { name: 'ünïcødé', amount: 2n ** 60n + 1n };
    listenAt(pair.near).send(value);
    await until(() => heard.length === 1);
    expect(heard).toEqual([[value]]);
  });

  it('that are sent in one turn travel together, in order, and those of the next turn after them', async () => {
    listenAt(pair.far);
    const frames = listenAt(pair.near);
    for (const name of ['a', 'b', 'c']) frames.send({ name });
    await nextTurn();
    await until(() => heard.length === 1);
    frames.send({ name: 'd' });
    await until(() => heard.length === 2);
    expect(heard).toEqual([[{ name: 'a' }, { name: 'b' }, { name: 'c' }], [{ name: 'd' }]]);
  });

  it('arrive wherever the bytes are cut', async () => {
    listenAt(pair.far);
    const bytes = Buffer.concat([
      frameOf(serialize([{ name: 'first', amount: 1n }])),
      frameOf(serialize([{ name: 'second' }])),
    ]);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const before = pair.far.bytesRead;
      pair.near.write(bytes.subarray(0, cut));
      await until(() => pair.far.bytesRead === before + cut);
      pair.near.write(bytes.subarray(cut));
      await until(() => heard.length === 2);
      expect(heard.splice(0)).toEqual([[{ name: 'first', amount: 1n }], [{ name: 'second' }]]);
    }
  });

  it('arrive byte by byte', async () => {
    listenAt(pair.far);
    for (const byte of frameOf(serialize([{ name: 'slow' }]))) {
      const before = pair.far.bytesRead;
      pair.near.write(Buffer.of(byte));
      await until(() => pair.far.bytesRead > before);
    }
    await until(() => heard.length === 1);
    expect(heard).toEqual([[{ name: 'slow' }]]);
  });

  it('of many megabytes arrive, and what follows them', async () => {
    listenAt(pair.far);
    const frames = listenAt(pair.near);
    const large = { name: 'x'.repeat(20_000_000) };
    frames.send(large);
    await nextTurn();
    frames.send({ name: 'behind' });
    await until(() => heard.flat().length === 2);
    expect(heard.flat().map(({ name }) => name.length)).toEqual([20_000_000, 6]);
  });

  it.each([
    ['a head that claims more than a frame may have', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a body that is no value', frameOf(Buffer.from('garbage'))],
    ['an empty body', frameOf(Buffer.alloc(0))],
    ['a value that is no list', frameOf(serialize({ name: 'alone' }))],
    ['a list of what are no objects', frameOf(serialize([null]))],
  ])('%s ends the connection, and nothing behind it is heard', async (_, bytes) => {
    listenAt(pair.far);
    pair.near.resume();
    pair.near.write(Buffer.concat([bytes, frameOf(serialize([{ name: 'behind' }]))]));
    await until(() => pair.far.destroyed && pair.near.destroyed);
    expect(heard).toEqual([]);
  });

  it('for a connection that is gone are forgotten', async () => {
    const frames = listenAt(pair.near);
    pair.near.destroy();
    frames.send({ name: 'late' });
    await nextTurn();
    frames.send({ name: 'later' });
    await nextTurn();
    expect(heard).toEqual([]);
  });
});
