import { describe, expect, it } from 'vitest';
import { commandNameOf, WireMessages } from '../../../torture/servers/wire-messages.ts';

const OP_MSG = 2013;

/** An OP_MSG whose document begins with a member of this name. */
const messageOf = (name: string, requestId: number, opCode = OP_MSG): Buffer => {
  const body = Buffer.concat([Buffer.alloc(4 + 1 + 4), Buffer.of(0x10), Buffer.from(`${name}\0`), Buffer.alloc(4)]);
  const head = Buffer.alloc(16);
  [head.length + body.length, requestId, 0, opCode].forEach((value, index) => head.writeInt32LE(value, index * 4));
  return Buffer.concat([head, body]);
};

describe('messages of the wire protocol', () => {
  it('are the same however the bytes are cut', () => {
    const sent = Buffer.concat([messageOf('insert', 1), messageOf('commitTransaction', 2), messageOf('find', 3)]);
    for (let size = 1; size <= sent.length; size += 1) {
      const messages = new WireMessages();
      const found = Array.from({ length: Math.ceil(sent.length / size) }, (_, part) =>
        messages.take(sent.subarray(part * size, (part + 1) * size)),
      ).flat();
      expect(found.map(commandNameOf)).toEqual(['insert', 'commitTransaction', 'find']);
      expect(found.map(({ requestId }) => requestId)).toEqual([1, 2, 3]);
    }
  });

  it('of another kind have no name', () => {
    const [message] = new WireMessages().take(messageOf('commitTransaction', 1, 2012));
    expect(message && commandNameOf(message)).toBeUndefined();
  });
});
