import { mongo } from 'mongoose';
import type { Row, StoredRow } from '../../application/ports/table.ts';

// BSON (bsonspec.org): a document's length, then the first field's type, its name, and a text's length with the zero behind it.
const TYPE_AT = 4;
const TEXT = 2;
const NAME = '_id\0';
const NAME_AT = 5;
const LENGTH_AT = 9;
const TEXT_AT = 13;

/** A document as the server sent it. MongoDB puts the id in front. */
export class MongoRow<R extends Row> implements StoredRow<R> {
  readonly _id: string;

  constructor(private readonly bytes: Buffer) {
    this._id = this.#idInFront() ?? this.read()._id;
  }

  isSame(other: StoredRow<R>): boolean {
    return other instanceof MongoRow && this.bytes.equals((other as MongoRow<R>).bytes);
  }

  read(): R {
    return mongo.BSON.deserialize(this.bytes, { useBigInt64: true }) as R;
  }

  #idInFront(): string | undefined {
    const { bytes } = this;
    if (bytes[TYPE_AT] !== TEXT || bytes.toString('latin1', NAME_AT, LENGTH_AT) !== NAME) return undefined;
    return bytes.toString('utf8', TEXT_AT, TEXT_AT + bytes.readInt32LE(LENGTH_AT) - 1);
  }
}
