import { describe, expect, it } from 'vitest';
import { schemaVersions, UnknownEventShape, upcast } from '../../../src/domain/account/upcasters.ts';

describe('an event as it was written', () => {
  const opened = { accountId: 'alice', ownerId: 'owner', currency: 'EUR' };

  it('gets an overdraft limit of zero where it opened an account before there were overdrafts', () => {
    expect(upcast('AccountOpened', 1, opened)).toStrictEqual({
      schemaVersion: 2,
      data: { ...opened, overdraftLimit: 0n },
    });
  });

  it('keeps what it says about an overdraft', () => {
    const data = { ...opened, overdraftLimit: 5n };
    expect(upcast('AccountOpened', 1, data).data).toStrictEqual(data);
  });

  it('is not changed by being lifted', () => {
    const data = Object.freeze({ ...opened });
    upcast('AccountOpened', 1, data);
    expect(data).toStrictEqual(opened);
  });

  it.each(Object.entries(schemaVersions))('%s stays as it is in its current shape', (type, current) => {
    const data = { any: 'thing' };
    expect(upcast(type, current, data)).toStrictEqual({ schemaVersion: current, data });
  });

  it.each(Object.entries(schemaVersions))('%s can be read in every shape it ever had', (type, current) => {
    for (let version = 1; version <= current; version += 1) {
      expect(upcast(type, version, {}).schemaVersion).toBe(current);
    }
  });
});

describe('an event that this release cannot read', () => {
  const unreadable: readonly [string, string, number][] = [
    ['of an unknown type', 'InterestAccrued', 1],
    ['of a type that every object has', '__proto__', 1],
    ['of a type named like a method', 'constructor', 1],
    ['of another spelling', 'accountOpened', 1],
    ['without a type', '', 1],
    ['of a newer version', 'AccountOpened', 3],
    ['of a newer version of a type that never changed', 'MoneyDeposited', 2],
    ['of version zero', 'AccountOpened', 0],
    ['of a negative version', 'AccountOpened', -1],
    ['of a version between two', 'AccountOpened', 1.5],
    ['of no version', 'AccountOpened', Number.NaN],
    ['of an endless version', 'AccountOpened', Number.POSITIVE_INFINITY],
    ['of a version that is text', 'AccountOpened', '1' as unknown as number],
    ['of an undefined version', 'AccountOpened', undefined as unknown as number],
  ];

  it.each(unreadable)('%s is refused', (_, type, version) => {
    const read = (): unknown => upcast(type, version, {});
    expect(read).toThrow(UnknownEventShape);
    // Whoever has to find out where it came from reads this.
    const message = `no reader for ${type} at schema version ${version}`;
    expect(read).toThrow(expect.objectContaining({ name: 'UnknownEventShape', message }));
  });
});
