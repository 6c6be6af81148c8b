/** What the journal was seen to hold of each stream. */
export type SealedVersions = {
  /** Up to which version every event is sealed, as it is: 0 where nothing is known of it. */
  readonly upTo: (streamId: string) => number;
  /** The last version that is sealed; 0 where none is. */
  readonly last: (streamId: string) => number;
};
