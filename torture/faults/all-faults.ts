import type { Fault, FaultKind } from './fault.ts';
import { processFaults } from './process-faults.ts';

/** Every fault of these kinds. */
export const faultsOf = (kinds: readonly FaultKind[]): readonly Fault[] =>
  processFaults.filter(({ kind }) => kinds.includes(kind));
