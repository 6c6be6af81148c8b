import { randomUUID } from 'node:crypto';

/** A place in a trace, as one system tells it to the next (W3C Trace Context). */
export type TraceContext = {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: what was being done there. */
  readonly spanId: string;
  readonly flags: number;
  /** `tracestate`, as it came. */
  readonly state?: string;
};

type Headers = Readonly<Record<string, string | string[] | undefined>>;

// Later versions may have more behind the flags; there is none called ff. An id of zeros is none.
const traceparent =
  /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2}(?=.{53}(?:-|$)))-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})/;

const SAMPLED = 0x01;

// Level 2 has a second flag, and says that others are passed on as 0.
const KNOWN_FLAGS = 0x03;

// Longer ones nobody has to pass on (§3.3.1.5 of level 1).
const passableState = /^[\x20-\x7e]{1,512}$/;

/** Whether somebody upstream writes this trace down. */
export const isSampled = ({ flags }: TraceContext): boolean => (flags & SAMPLED) !== 0;

const stateIn = (header: Headers[string]): string | undefined => {
  const state = Array.isArray(header) ? header.join() : header;
  return state !== undefined && passableState.test(state) ? state : undefined;
};

/** The trace that a request belongs to; undefined where it names none, or not as the specification has it. */
export const traceContextIn = (headers: Headers): TraceContext | undefined => {
  const header = headers.traceparent;
  const parts = typeof header === 'string' ? traceparent.exec(header) : null;
  if (!parts) return undefined;
  const [, traceId = '', spanId = '', flags = ''] = parts;
  const state = stateIn(headers.tracestate);
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & KNOWN_FLAGS, ...(state !== undefined && { state }) };
};

/** A trace that begins here, and that nobody writes down. The ids are those of two random UUIDs, which are never zero. */
export const newTraceContext = (): TraceContext => ({
  traceId: randomUUID().replaceAll('-', ''),
  spanId: randomUUID().replaceAll('-', '').slice(16),
  flags: 0,
});

/** The header that says it to others. */
export const traceparentOf = ({ traceId, spanId, flags }: TraceContext): string =>
  `00-${traceId}-${spanId}-0${flags.toString(16)}`;

/** What a request to another system has to say. */
export const traceHeadersOf = (context: TraceContext): Readonly<Record<string, string>> => ({
  traceparent: traceparentOf(context),
  ...(context.state !== undefined && { tracestate: context.state }),
});
