import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandRejected, LedgerError } from '../../../src/application/commit/ledger-error.ts';
import { CommandClient } from '../../../src/committer/command-client.ts';
import { type CommandServer, serveCommands } from '../../../src/committer/command-server.ts';
import { DomainError } from '../../../src/domain/domain-error.ts';
import { eur } from '../../support/facts.ts';
import { ScriptedDoor, wordsOf } from '../../support/scripted-door.ts';
import { relayTo, until } from '../../support/sockets.ts';
import { commandFor } from '../../support/test-ledger.ts';
import { depositMoney } from '../../support/wishes.ts';

const deposit = (amount = 1n) => [commandFor(depositMoney(eur(amount)))];

const connectTo = async (address: CommandServer['address']): Promise<CommandClient> => {
  const client = await CommandClient.connect(address);
  if (!client) throw new Error('not connected');
  return client;
};

describe('commands that are handed to another process', () => {
  let door: ScriptedDoor;
  let server: CommandServer;
  let client: CommandClient;

  beforeEach(async () => {
    door = new ScriptedDoor();
    server = await serveCommands(door, '127.0.0.1');
    client = await connectTo(server.address);
  });
  afterEach(async () => {
    client.leave();
    for (const { answer } of door.taken) answer('at the end');
    await server.close();
  });

  it('arrive as they were', async () => {
    const submission = [...deposit(2n ** 52n), ...deposit(2n)];
    const outcomes = client.submitTogether(submission);
    await until(() => door.taken.length === 1);
    expect(door.at(0).submission).toEqual(submission);
    door.at(0).answer('both');
    expect(await outcomes).toEqual(Array(2).fill({ answer: { status: 201, body: 'both' }, replayed: false }));
  });

  it('are answered in whatever order they are carried out', async () => {
    const answers = ['a', 'b', 'c'].map(() => wordsOf(client.submitTogether(deposit())));
    await until(() => door.taken.length === 3);
    expect(client.waiting).toBe(3);
    door.at(2).answer('third');
    door.at(0).answer('first');
    await answers[0];
    door.at(1).answer('second');
    expect(await Promise.all(answers)).toEqual(['first', 'second', 'third']);
    expect(client.waiting).toBe(0);
  });

  it.each([
    ['a rejection', new CommandRejected(new DomainError('INSUFFICIENT_FUNDS', { accountId: 'alice' }), 3)],
    ['an error of the ledger', new LedgerError('OVERLOADED')],
    ['a bug', new Error('a bug')],
  ])('reject with %s as it was, and the connection goes on', async (_, error) => {
    const failing = client.submitTogether(deposit());
    const working = wordsOf(client.submitTogether(deposit()));
    await until(() => door.taken.length === 2);
    door.at(0).fail(error);
    await expect(failing).rejects.toEqual(error);
    door.at(1).answer('done');
    expect(await working).toBe('done');
  });

  it('that run when the server says goodbye are still answered, and no more are handed on', async () => {
    const running = wordsOf(client.submitTogether(deposit()));
    await until(() => door.taken.length === 1);
    const closed = server.close();
    await until(() => !client.isOpen);
    await expect(client.submitTogether(deposit())).rejects.toMatchObject({ name: 'CommitterLost', wasSent: false });
    door.at(0).answer('still');
    expect(await running).toBe('still');
    await closed;
  });

  it('that cross a goodbye on their way are carried out and answered', async () => {
    const closed = server.close();
    // The goodbye is on its way; the client has not heard it.
    expect(client.isOpen).toBe(true);
    const crossing = wordsOf(client.submitTogether(deposit()));
    await until(() => door.taken.length === 1);
    await sleep(50);
    door.at(0).answer('crossed');
    expect(await crossing).toBe('crossed');
    await closed;
  });

  it('are taken no more of one that introduces itself while the goodbye is said', async () => {
    const relay = await relayTo(server.address.port);
    relay.silence();
    const coming = CommandClient.connect({ ...server.address, port: relay.port });
    await sleep(100);
    client.leave();
    const begun = performance.now();
    const closed = server.close();
    relay.speak();
    const newcomer = await coming;
    await until(() => newcomer?.isOpen === false);
    await closed;
    expect(performance.now() - begun).toBeLessThan(1_000);
    relay.close();
  });

  it('that run when the client leaves are still answered', async () => {
    const running = wordsOf(client.submitTogether(deposit()));
    client.leave();
    await expect(client.submitTogether(deposit())).rejects.toMatchObject({ name: 'CommitterLost', wasSent: false });
    await until(() => door.taken.length === 1);
    door.at(0).answer('still');
    expect(await running).toBe('still');
  });

  it('of one who hangs up in between are carried out, and its answers harm nobody', async () => {
    const relay = await relayTo(server.address.port);
    const other = await connectTo({ ...server.address, port: relay.port });
    const lost = other.submitTogether(deposit());
    await until(() => door.taken.length === 1);
    relay.close();
    await expect(lost).rejects.toMatchObject({ name: 'CommitterLost', wasSent: true });
    expect(other.isOpen).toBe(false);
    door.at(0).answer('to nobody');
    const next = wordsOf(client.submitTogether(deposit()));
    await until(() => door.taken.length === 2);
    door.at(1).answer('as ever');
    expect(await next).toBe('as ever');
  });

  it('are given up when the server falls silent, after four pings', async () => {
    const relay = await relayTo(server.address.port);
    const other = await connectTo({ ...server.address, port: relay.port });
    const lost = other.submitTogether(deposit());
    await until(() => door.taken.length === 1);
    relay.silence();
    const begun = performance.now();
    await expect(lost).rejects.toMatchObject({ name: 'CommitterLost', wasSent: true });
    const silence = performance.now() - begun;
    expect(silence).toBeGreaterThan(1_900);
    expect(silence).toBeLessThan(4_000);
    await expect(other.submitTogether(deposit())).rejects.toMatchObject({ name: 'CommitterLost', wasSent: false });
    relay.close();
  });

  it('are not carried out any more by a server that did not run for so long that it was given up', async () => {
    const lost = client.submitTogether(deposit());
    await nextTurn();
    // The command lies in the socket, as if this process had been stopped.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    await expect(lost).rejects.toMatchObject({ name: 'CommitterLost', wasSent: true });
    expect(door.taken).toEqual([]);
  });

  it('may take longer than any silence, as long as the server answers pings', async () => {
    const long = wordsOf(client.submitTogether(deposit()));
    await sleep(3_500);
    expect(client.isOpen).toBe(true);
    door.at(0).answer('at last');
    expect(await long).toBe('at last');
  });

  describe('are taken of nobody', () => {
    const call = async (bytes: Buffer): Promise<Socket> => {
      const socket = connect(server.address.port, server.address.host).on('error', () => undefined);
      await once(socket, 'connect');
      socket.resume().write(bytes);
      return socket;
    };
    const known = (): Buffer => Buffer.concat([Buffer.of(1), Buffer.from(server.address.token, 'base64url')]);

    it('who does not know the token', async () => {
      const token = Buffer.alloc(32).toString('base64url');
      expect(await CommandClient.connect({ ...server.address, token })).toBeUndefined();
    });

    it('who says nothing for a second', async () => {
      const socket = await call(Buffer.alloc(0));
      const begun = performance.now();
      await until(() => socket.destroyed);
      expect(performance.now() - begun).toBeLessThan(2_000);
    });

    it.each([
      [
        'a request of another protocol',
        () => Buffer.from(`GET / HTTP/1.1\r\nHost: daybook\r\n${'X: y\r\n'.repeat(99)}`),
      ],
      ['the token and then a head that claims too much', () => Buffer.concat([known(), Buffer.alloc(50, 0xff)])],
      ['the token and then garbage', () => Buffer.concat([known(), Buffer.of(4, 0, 0, 0), Buffer.from('junk')])],
    ])('who says %s: it is hung up on, and the others are served on', async (_, bytes) => {
      const socket = await call(bytes());
      await until(() => socket.destroyed);
      const answered = wordsOf(client.submitTogether(deposit()));
      await until(() => door.taken.length === 1);
      door.at(0).answer('served');
      expect(await answered).toBe('served');
    });

    it('where nobody listens', async () => {
      const other = await serveCommands(door, '127.0.0.1');
      await other.close();
      expect(await CommandClient.connect(other.address)).toBeUndefined();
    });
  });
});
