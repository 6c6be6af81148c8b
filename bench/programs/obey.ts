/** What a worker sends back: what it was asked for, or why it could not. */
export type Reply<Result> = { readonly result: Result } | { readonly failure: string };

const reasonOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Carries out one order after another for the process that forked this one, and ends with it; so Ctrl-C is left to that one. */
export const obey = (perform: (order: never) => Promise<object>): void => {
  const send = (reply: Reply<object>): void => void process.send?.(reply);
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit());
  process.on('message', (order: unknown) => {
    perform(order as never).then(
      (result) => send({ result }),
      (error: unknown) => send({ failure: reasonOf(error) }),
    );
  });
  process.send?.('ready');
};
