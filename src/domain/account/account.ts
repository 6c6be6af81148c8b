import type { Decider } from '../decider.ts';
import type { AccountCommand, Circumstances } from './account-command.ts';
import type { NewEvent, RecordedEvent } from './account-event.ts';
import { type Account as State, initialState } from './account-state.ts';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';

/** The Account aggregate: every rule about one account, as three pure functions. */
export const Account = { initialState, decide, evolve } satisfies Decider<
  State,
  AccountCommand,
  Circumstances,
  readonly NewEvent[],
  RecordedEvent
>;
