/** An aggregate as three pure functions: where it starts, what a command makes of it, what an event makes of it. */
export type Decider<State, Command, Circumstances, Decided, Event> = {
  readonly initialState: () => State;
  readonly decide: (command: Command, state: State, circumstances: Circumstances) => Decided;
  readonly evolve: (state: State, event: Event) => State;
};
