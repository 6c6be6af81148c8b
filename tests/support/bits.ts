/** The bytes with these bits altered, counted from the first bit of the first byte. */
export const withBitsFlipped = (bytes: Buffer, bits: readonly number[]): Buffer => {
  const altered = Buffer.from(bytes);
  for (const bit of bits) altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return altered;
};
