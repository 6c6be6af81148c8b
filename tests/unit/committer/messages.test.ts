import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { CommandRejected, LedgerError } from '../../../src/application/commit/ledger-error.ts';
import { errorOf, failureOf } from '../../../src/committer/messages.ts';
import { DomainError, domainErrorCodes } from '../../../src/domain/domain-error.ts';

const journey = (error: unknown): Error =>
  errorOf(deserialize(serialize(failureOf(error))) as ReturnType<typeof failureOf>);

describe('what goes wrong arrives at the other process as what it was', () => {
  it.each(domainErrorCodes)('%s', (code) => {
    const arrived = journey(new CommandRejected(new DomainError(code, { accountId: 'alice', version: '3' }), 7));
    expect(arrived).toBeInstanceOf(CommandRejected);
    const { rejection, index } = arrived as CommandRejected;
    expect(rejection).toBeInstanceOf(DomainError);
    expect(rejection).toMatchObject({ code, details: { accountId: 'alice', version: '3' } });
    expect(index).toBe(7);
  });

  it.each(['OVERLOADED', 'OUTCOME_UNKNOWN', 'UNAVAILABLE', 'CONCURRENCY_CONFLICT'] as const)('%s', (code) => {
    const arrived = journey(new LedgerError(code, { cause: new Error('the store is away') }));
    expect(arrived).toBeInstanceOf(LedgerError);
    expect(arrived).toMatchObject({ code });
  });

  it('a bug is a plain error with its message and the place where it happened, and nothing that it carried', () => {
    const bug = Object.assign(new TypeError('x is not a function'), { documents: [{ ownerId: 'alice' }] });
    const arrived = journey(bug);
    expect(arrived.constructor).toBe(Error);
    expect(arrived).toMatchObject({ message: bug.message, stack: bug.stack });
    expect(arrived).not.toHaveProperty('documents');
  });

  it('what is no error at all is one then', () => {
    expect(journey('thrown')).toMatchObject({ message: 'thrown' });
  });
});
