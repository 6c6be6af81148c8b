/** Is told what is done, for whoever watches this process. Never waited for. */
export type Meter = {
  /** A transaction with what so many commands leave behind was committed, in so many seconds. */
  readonly committed: (commands: number, seconds: number) => void;
};
