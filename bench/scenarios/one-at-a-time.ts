import { bareDriver, ledger, oneTransaction } from '../servers/contender.ts';
import { slower, within } from './findings.ts';
import { onMany } from './deposits.ts';
import type { Line, Scenario } from './scenario.ts';

const alone = { title: 'one command at a time' };

const ours: Line = { ...onMany(ledger, 1), ...alone };
const bare: Line = { ...onMany(bareDriver(1), 1), ...alone };
const each: Line = { ...onMany(oneTransaction, 1), ...alone };

/** What a client waits when it is the only one: nobody shares its transaction. */
export const oneAtATime: Scenario = {
  name: 'one-at-a-time',
  about: 'one connection, one command after the other, beside transactions of the bare driver',
  steps: [
    {
      lines: [ours, bare, each],
      findings: [slower(ours, bare, { at: 0.5, target: 1.5 }), within(ours, { at: 0.5 })],
    },
  ],
};
