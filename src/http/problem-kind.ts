export type ProblemKind = {
  readonly status: number;
  readonly title: string;
  /** What the caller can do next. */
  readonly next: string;
  /** Whether the very same request may be sent again, with its key, and succeed. */
  readonly retryable: boolean;
};

/** The same request will be answered the same. */
export const no = (status: number, title: string, next: string): ProblemKind => ({
  status,
  title,
  next,
  retryable: false,
});

/** The same request may succeed later. */
export const later = (status: number, title: string, next: string): ProblemKind => ({
  status,
  title,
  next,
  retryable: true,
});
