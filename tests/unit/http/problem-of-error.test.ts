import { describe, expect, it } from 'vitest';
import { StorageUnavailable, VersionConflict } from '../../../src/application/ports/storage-errors.ts';
import { problemOfError } from '../../../src/http/problem-of-error.ts';

describe('what a caller hears of an error', () => {
  it.each([
    ['a store that is away', new StorageUnavailable('no primary')],
    ['a read that the store gave up for a conflict', new VersionConflict('write conflict')],
  ])('of %s: to come again', (_, error) => {
    expect(problemOfError(error)).toEqual({ code: 'UNAVAILABLE' });
  });

  it('of a bug: nothing but that it is one', () => {
    expect(problemOfError(new Error('secret'))).toEqual({ code: 'INTERNAL_ERROR' });
  });
});
