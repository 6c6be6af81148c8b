import { expect } from 'vitest';
import { commandOfRequest, hearing } from './ledger-under-test.ts';
import type { ModelBank } from './model-bank.ts';
import type { Request } from './model-requests.ts';
import type { TestLedger } from './test-ledger.ts';

/** The requests of one group, at once, of the ledger and of the model: every caller must hear the same from both. */
export const compare = async (ledger: TestLedger, bank: ModelBank, requests: readonly Request[]): Promise<void> => {
  const now = ledger.clock.now();
  // What a reversal names is looked up before it becomes a command, so that its neighbours are not there yet.
  const unknown = requests.map(({ ask }) => bank.lookUp(ask));
  const commands = await Promise.all(requests.map((request) => commandOfRequest(ledger, request)));
  // The whole group is waiting before the first command is decided, so that it becomes one batch.
  const heard = await Promise.all(commands.map((command) => hearing(ledger, command)));
  const expected = requests.map((request, index) => {
    const command = commands[index];
    const ids = typeof command === 'object' ? command.envelope.eventIds : (['', ''] as const);
    return unknown[index] ?? bank.submit(request, { now, ids });
  });
  expect(heard).toStrictEqual(expected);
};
