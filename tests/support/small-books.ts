import type { Storage } from '../../src/application/ports/storage.ts';
import type { Wish } from '../../src/application/commands/command.ts';
import { ledgerOver } from '../contract/fixture.ts';
import { commandOf, depositMoney, openAccount, transferMoney, withdrawMoney } from './commands.ts';

const wishes: readonly Wish[] = [
  openAccount('a', 10_000n),
  openAccount('b'),
  openAccount('c'),
  openAccount('d'),
  transferMoney('a', 'b', 7n),
  withdrawMoney('a', 3n),
  { ...depositMoney('c', 5n), reference: 'ütf-8 \u2028 "quoted"\nand more', metadata: { z: '1', a: '2' } } as Wish,
  { type: 'FreezeAccount', accountId: 'd' as never, reason: 'asked' },
];

/** Some ten events, each with a key and a transaction id. */
export const openBooks = async (storage: Storage): Promise<void> => {
  const { ledger, drain } = ledgerOver(storage);
  let number = 0;
  for (const wish of wishes) {
    number += 1;
    await ledger.submit(commandOf(wish, { transactionId: `transaction-${number}` }));
  }
  await drain();
};
