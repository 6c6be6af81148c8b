/** The journal has not come that far: it is sealed a moment after the commit. Ask again. */
export class NotSealedYet extends Error {
  override readonly name = 'NotSealedYet';
}

/** More events than one proof may have. */
export class TooManyToProve extends Error {
  override readonly name = 'TooManyToProve';

  constructor(
    readonly events: number,
    readonly limit: number,
  ) {
    super(`${events} events are more than ${limit}`);
  }
}
