import type { Command } from '../commands/command.ts';
import type { TraceContext } from '../tracing/trace-context.ts';

/** A request that is being served. */
export type RequestSpan = {
  readonly context: TraceContext;
  readonly end: (answered: { readonly route: string; readonly status: number; readonly aborted: boolean }) => void;
};

/** Writes down what is done, for whoever follows a request through several systems. Never waited for. */
export type Tracer = {
  /** Undefined where nothing is written down. */
  readonly beginRequest: (
    request: { readonly id: string; readonly method: string },
    from: TraceContext | undefined,
  ) => RequestSpan | undefined;
  /** Does the work that commits these commands. */
  readonly commit: (commands: readonly Command[], work: () => Promise<void>) => Promise<void>;
};

/** For where nobody follows. */
export const untraced: Tracer = { beginRequest: () => undefined, commit: (_commands, work) => work() };
