import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/http/presenters/wire.ts';
import { requestHashOf } from '../../../src/http/request-hash.ts';

const ADDRESS = '/v1/accounts/alice/deposits';

/** The digest as it was first written down: what keys in the store were made with. */
const asFirstWritten = (address: string, body: unknown): string => {
  const canonical = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
  };
  return hash('sha256', `POST ${address}\n${canonical(body)}`, 'base64url');
};

describe('the digest of a request', () => {
  it('is what it has always been, of any body', () => {
    const value = fc.jsonValue({ stringUnit: 'binary' }).filter((body) => !JSON.stringify(body).includes('__proto__'));
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), value), (body) => {
        const sent = JSON.parse(JSON.stringify(body)) as Json;
        expect(requestHashOf(ADDRESS, sent)).toBe(asFirstWritten(ADDRESS, sent));
      }),
      { numRuns: 1_000 },
    );
  });

  // Stored with every key for weeks: a version of Daybook that counts otherwise would refuse every retry that spans the change.
  it('is what it has always been', () => {
    const body = {
      amount: 5,
      currency: 'EUR',
      metadata: { b: 'é"\\', a: '1', B: '' },
      list: [1, null, true, { z: 1, y: [] }],
    };
    expect(requestHashOf(ADDRESS, body)).toBe('pnw8CINJXLJaHR1JYeIr6oDrZ6oF1BYygYcxK8boruI');
    expect(requestHashOf('/v1/accounts', {})).toBe('kxmHUgvfRujoL0HrbJISoEO4iEj0g9YmsfiDWL0IWmw');
  });

  it('does not depend on the order of members', () => {
    const one = requestHashOf(ADDRESS, { a: 1, b: { c: 2, d: 3 } });
    expect(requestHashOf(ADDRESS, { b: { d: 3, c: 2 }, a: 1 })).toBe(one);
  });

  it('depends on address, names, values, and the order of items', () => {
    const hashes = [
      requestHashOf(ADDRESS, { a: [1, 2] }),
      requestHashOf(`${ADDRESS}x`, { a: [1, 2] }),
      requestHashOf(ADDRESS, { a: [2, 1] }),
      requestHashOf(ADDRESS, { a: '[1,2]' }),
      requestHashOf(ADDRESS, { b: [1, 2] }),
      requestHashOf(ADDRESS, { a: [1, 2], b: null }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('leaves out what belongs to the batch, but only at the top', () => {
    const plain = requestHashOf(ADDRESS, { amount: 5, metadata: { type: 'x' } });
    const batched = { type: 'DepositMoney', amount: 5, metadata: { type: 'x' } };
    expect(requestHashOf(ADDRESS, batched, new Set(['type']))).toBe(plain);
    expect(requestHashOf(ADDRESS, { type: 'DepositMoney' }, new Set(['type']))).toBe(requestHashOf(ADDRESS, {}));
  });
});
