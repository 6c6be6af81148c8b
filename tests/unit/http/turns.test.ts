import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inTurns } from '../../../src/http/turns.ts';

/** Hands requests over, all in one turn, and says in which order they were taken: one list for each turn. */
const turnsOf = async (methods: readonly string[]): Promise<readonly (readonly string[])[]> => {
  let turn: string[] = [];
  const listener = inTurns(({ method = '', url = '' }) => turn.push(`${method} ${url}`));
  methods.forEach((method, index) => listener({ method, url: String(index) } as IncomingMessage, {} as ServerResponse));
  expect(turn).toEqual([]);
  const turns: string[][] = [];
  for (let seen = 0; seen < methods.length; seen += turn.length) {
    turn = [];
    await nextTurn();
    turns.push(turn);
  }
  return turns;
};

const repeat = (count: number, method: string): readonly string[] => Array.from({ length: count }, () => method);

describe('requests that arrive together', () => {
  it('are taken four in a turn, in the order of their arrival', async () => {
    expect(await turnsOf(repeat(9, 'POST'))).toEqual([
      ['POST 0', 'POST 1', 'POST 2', 'POST 3'],
      ['POST 4', 'POST 5', 'POST 6', 'POST 7'],
      ['POST 8'],
    ]);
  });

  it('let a reader go before writers', async () => {
    const turns = await turnsOf([...repeat(8, 'POST'), 'GET', 'HEAD']);
    expect(turns[0]).toEqual(['POST 0', 'GET 8', 'HEAD 9', 'POST 1']);
  });

  it('take one writer in each turn, however many readers there are', async () => {
    const turns = await turnsOf([...repeat(20, 'GET'), 'POST', 'DELETE', 'POST']);
    expect(turns.slice(0, 4).map(([first]) => first)).toEqual(['POST 20', 'DELETE 21', 'POST 22', 'GET 9']);
  });

  it('are not worked on where the client has hung up meanwhile', async () => {
    const taken: string[] = [];
    const listener = inTurns(({ url = '' }) => taken.push(url));
    listener({ method: 'POST', url: 'gone', destroyed: true } as IncomingMessage, {} as ServerResponse);
    listener({ method: 'POST', url: 'there', destroyed: false } as IncomingMessage, {} as ServerResponse);
    await nextTurn();
    expect(taken).toEqual(['there']);
  });

  it('are all taken, also those that arrive while others wait', async () => {
    const taken: string[] = [];
    const listener = inTurns(({ url = '' }) => taken.push(url));
    const hand = (url: number): void =>
      listener({ method: 'POST', url: String(url) } as IncomingMessage, {} as ServerResponse);
    for (let index = 0; index < 6; index += 1) hand(index);
    await nextTurn();
    for (let index = 6; index < 12; index += 1) hand(index);
    for (let turn = 0; turn < 4; turn += 1) await nextTurn();
    expect(taken).toEqual(Array.from({ length: 12 }, (_, index) => String(index)));
    hand(12);
    await nextTurn();
    expect(taken).toHaveLength(13);
  });
});
