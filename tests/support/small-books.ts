import type { Storage } from '../../src/application/ports/storage.ts';
import type { Wish } from '../../src/application/commands/command.ts';
import { ledgerOver } from '../contract/fixture.ts';
import { commandOf, depositMoney, openAccount, transferMoney, withdrawMoney } from './commands.ts';

type Names = readonly [string, string, string, string];

const wishesOf = ([first, second, third, fourth]: Names): readonly Wish[] => [
  openAccount(first, 10_000n),
  openAccount(second),
  openAccount(third),
  openAccount(fourth),
  transferMoney(first, second, 7n),
  withdrawMoney(first, 3n),
  { ...depositMoney(third, 5n), reference: 'ütf-8 \u2028 "quoted"\nand more', metadata: { z: '1', a: '2' } } as Wish,
  { type: 'FreezeAccount', accountId: fourth as never, reason: 'asked' },
];

/** Some ten events, each with a key and a transaction id. */
export const openBooks = async (storage: Storage, names: Names = ['a', 'b', 'c', 'd']): Promise<void> => {
  const { ledger, drain } = ledgerOver(storage);
  let number = 0;
  for (const wish of wishesOf(names)) {
    number += 1;
    await ledger.submit(commandOf(wish, { transactionId: `transaction-${number}` }));
  }
  await drain();
};
