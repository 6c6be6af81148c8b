/** Takes one line for the person at the terminal. Where it goes (a log, standard error) is the caller's business. */
export type Report = (line: string) => void;

/** The sentence of anything that was thrown, for a line that a person reads. */
export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
