import { once } from 'node:events';
import { connect } from 'node:net';
import { BSON, type Document } from 'mongodb';

const HEADER_BYTES = 16;
const OP_MSG = 2013;
const BEFORE_ANSWER = HEADER_BYTES + 5;

/** Sends these bytes as a command to the first host of this address, past the driver, which cannot say everything that the server takes. */
export const sendBytes = async (uri: string, command: Uint8Array): Promise<Document> => {
  const { hostname, port } = new URL(uri.replace(/^mongodb:\/\/([^,/]+)[^/]*/, 'http://$1'));
  const head = Buffer.alloc(BEFORE_ANSWER);
  head.writeInt32LE(BEFORE_ANSWER + command.length, 0);
  head.writeInt32LE(OP_MSG, 12);
  const socket = connect(Number(port), hostname);
  try {
    socket.write(Buffer.concat([head, command]));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return BSON.deserialize(answer.subarray(BEFORE_ANSWER));
  } finally {
    socket.destroy();
  }
};
