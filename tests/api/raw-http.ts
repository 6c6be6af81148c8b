import { connect } from 'node:net';

export type RawReply = { readonly status: number; readonly head: string; readonly body: string };

const replyIn = (bytes: Buffer): RawReply => {
  const text = bytes.toString('latin1');
  const [head = '', ...rest] = text.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body: rest.join('\r\n\r\n') };
};

/**
 * Writes these bytes to the server as they are, and reads until it closes the connection or has said nothing for `patience`
 * milliseconds. Status 0: closed without an answer.
 */
export const sendRaw = (url: string, bytes: string | Buffer, patience = 2_000): Promise<RawReply> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes);
    });
    const end = (): void => {
      socket.destroy();
      resolve(replyIn(Buffer.concat(chunks)));
    };
    socket.setTimeout(patience, end);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', end);
    // A server that refuses may close while the request is still on its way.
    socket.on('error', end);
  });

/** A POST, byte for byte; `head` holds whatever header lines it shall have beyond these. */
export const rawPost = (path: string, head: readonly string[], body: string | Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(
      [`POST ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...head, '', ''].join('\r\n'),
      'latin1',
    ),
    Buffer.from(body),
  ]);
