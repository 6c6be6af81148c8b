/** Where something is wrong, as far as that can be said. Levels and tiles count from 0, as the store has them, all else from 1. */
export type Place = {
  readonly block?: number;
  readonly level?: number;
  readonly tile?: number;
  readonly position?: number;
  readonly streamId?: string;
  readonly version?: number;
  readonly accountId?: string;
  readonly row?: string;
  readonly eventId?: string;
};

/** One bad place of a ledger: the problem is what a sentence says of the place. */
export type Finding = {
  readonly collection: string;
  readonly at: Place;
  readonly problem: string;
  /** The cells of a row that differ. */
  readonly fields?: readonly string[];
  readonly expected?: string;
  readonly found?: string;
};

/** Takes what is wrong, in the order in which it is found. */
export type Tell = (finding: Finding) => void;
