import { timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';

/** Changes with every change of what is said: two processes that speak differently do not speak. */
const PROTOCOL = 1;

const TOKEN_LENGTH = 32;
const INTRODUCTION_LENGTH = 1 + TOKEN_LENGTH;
const PATIENCE = 1_000;

const introductionOf = (token: string): Buffer => Buffer.concat([Buffer.of(PROTOCOL), Buffer.from(token, 'base64url')]);

const WELCOME = Buffer.from('daybook\n');

/** The first bytes that the other side says, as many as are wanted, or undefined where it says less in time. */
const firstBytes = (socket: Socket, length: number): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    let said = Buffer.alloc(0);
    const settle = (outcome: Buffer | undefined): void => {
      clearTimeout(giveUp);
      socket.off('data', listen).off('close', close);
      socket.pause();
      resolve(outcome);
    };
    const close = (): void => settle(undefined);
    const listen = (chunk: Buffer): void => {
      said = Buffer.concat([said, chunk]);
      if (said.length < length) return;
      settle(said.subarray(0, length));
      // Only now: what is put back while somebody listens is heard at once.
      if (said.length > length) socket.unshift(said.subarray(length));
    };
    const giveUp = setTimeout(close, PATIENCE);
    socket.on('data', listen).on('close', close);
  });

/** Says who calls. False where the other side does not want to speak, or is something else. */
export const introduce = async (socket: Socket, token: string): Promise<boolean> => {
  socket.write(introductionOf(token));
  const answer = await firstBytes(socket, WELCOME.length);
  return answer?.equals(WELCOME) ?? false;
};

/** Hears who calls, before anything else that it says is read. False where it has not the token, or another protocol. */
export const welcome = async (socket: Socket, token: string): Promise<boolean> => {
  const said = await firstBytes(socket, INTRODUCTION_LENGTH);
  if (!said || !timingSafeEqual(said, introductionOf(token))) return false;
  socket.write(WELCOME);
  return true;
};
