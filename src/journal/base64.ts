/** The bytes of a text in base64 (RFC 4648 §4). Undefined where it is not the one way to write them. */
export const fromBase64 = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
};
