import { clockFaults } from './clock-faults.ts';
import { failCommandFaults } from './fail-command.ts';
import type { Fault, FaultKind } from './fault.ts';
import { processFaults } from './process-faults.ts';
import { proxyFaults } from './proxy-faults.ts';

/** Every fault of these kinds. */
export const faultsOf = (kinds: readonly FaultKind[]): readonly Fault[] =>
  [...processFaults, ...proxyFaults, ...failCommandFaults, ...clockFaults].filter(({ kind }) => kinds.includes(kind));
