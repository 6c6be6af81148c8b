/** Somebody else wrote first: a version, an id or a key is taken, or a row changed underneath. Load, decide and record again. */
export class VersionConflict extends Error {
  override readonly name = 'VersionConflict';
}

/** The transaction may or may not be in the store: the store stopped answering while it committed. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** The store cannot be reached, has no primary, or took too long. Nothing was written. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}

/** The store does not let this user do that. */
export class StorageForbidden extends Error {
  override readonly name = 'StorageForbidden';
}
