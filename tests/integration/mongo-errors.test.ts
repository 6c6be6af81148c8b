import mongoose from 'mongoose';
import { describe, expect, it } from 'vitest';
import { translate } from '../../src/storage/mongo/mongo-errors.ts';

const { mongo } = mongoose;

const serverError = (code: number): Error => new mongo.MongoServerError({ message: 'no', code });

const inBulk = (reason: Error): Error =>
  new mongo.MongoBulkWriteError(reason, undefined as unknown as mongoose.mongo.BulkWriteResult);

/**
 * The driver labels an error as transient only while it thinks that the connection was good. Where another connection to the
 * same server broke a moment before, it does not: then the kind of the error is all there is, also below a bulk.
 */
describe('errors of the driver without any label', () => {
  const reasons: readonly (readonly [string, Error, string])[] = [
    ['a connection that closed', new mongo.MongoNetworkError('connection 4 closed'), 'StorageUnavailable'],
    ['an answer that did not come', new mongo.MongoNetworkTimeoutError('timed out'), 'StorageUnavailable'],
    ['a primary that stepped down', serverError(10_107), 'StorageUnavailable'],
    ['a transaction that is gone', serverError(251), 'StorageUnavailable'],
    ['a host that cannot be reached', serverError(6), 'StorageUnavailable'],
    ['a cursor that a restart has ended', serverError(43), 'StorageUnavailable'],
    [
      'a connection that broke while the process was stopped',
      Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET' }),
      'StorageUnavailable',
    ],
    ['a majority that is not there yet', serverError(134), 'StorageUnavailable'],
    ['a write conflict', serverError(112), 'VersionConflict'],
    ['a key that is taken', serverError(11_000), 'VersionConflict'],
  ];

  it.each(reasons)('%s means the same alone and below a bulk', (_, reason, name) => {
    expect(translate(reason)).toMatchObject({ name, cause: reason });
    const bulk = inBulk(reason);
    expect(translate(bulk)).toMatchObject({ name, cause: bulk });
  });

  it('a document that the validators refuse is a bug, and stays what it is', () => {
    const refused = serverError(121);
    expect(translate(refused)).toBe(refused);
    expect(translate(inBulk(refused))).toMatchObject({ name: 'MongoBulkWriteError' });
  });
});
