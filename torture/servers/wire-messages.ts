const HEADER = 16;
// Behind the header: flag bits, the kind of the first section, the length of its document, the type of its first member.
const COMMAND_NAME = HEADER + 4 + 1 + 4 + 1;
const OP_MSG = 2013;
const LONGEST_NAME = 64;

/** One message of MongoDB's wire protocol, as it was sent. */
export type WireMessage = {
  readonly bytes: Buffer;
  readonly requestId: number;
  readonly responseTo: number;
};

/** What a request asks for; undefined where it is no OP_MSG. */
export const commandNameOf = ({ bytes }: WireMessage): string | undefined => {
  if (bytes.readInt32LE(12) !== OP_MSG) return undefined;
  const end = bytes.indexOf(0, COMMAND_NAME);
  return end < 0 ? undefined : bytes.toString('latin1', COMMAND_NAME, Math.min(end, COMMAND_NAME + LONGEST_NAME));
};

/** Takes the bytes of one direction of a connection apart, from its first byte on. */
export class WireMessages {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are whole now. */
  take(chunk: Buffer): readonly WireMessage[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: WireMessage[] = [];
    let start = 0;
    while (bytes.length - start >= HEADER) {
      const end = start + bytes.readInt32LE(start);
      if (end > bytes.length) break;
      const message = bytes.subarray(start, end);
      messages.push({ bytes: message, requestId: message.readInt32LE(4), responseTo: message.readInt32LE(8) });
      start = end;
    }
    this.#rest = bytes.subarray(start);
    return messages;
  }
}
