export type LocalReplicaSetErrorCode =
  | 'IN_USE'
  | 'LOCKED'
  | 'NOT_WRITABLE'
  | 'DISK_FULL'
  | 'DAMAGED'
  | 'OTHER_VERSION'
  | 'PORT_TAKEN'
  | 'CANNOT_RUN'
  | 'ENDED'
  | 'NOT_READY';

/** The local MongoDB cannot be had. The message is one sentence on what is wrong and one on what to do. */
export class LocalReplicaSetError extends Error {
  override readonly name = 'LocalReplicaSetError';
  constructor(
    readonly code: LocalReplicaSetErrorCode,
    message: string,
  ) {
    super(message);
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** What the operating system said about the data directory, as a sentence; anything else is a bug and stays as it is. */
export const asDirectoryError = (error: unknown, dataDirectory: string): unknown => {
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
      return new LocalReplicaSetError(
        'NOT_WRITABLE',
        `The data directory ${dataDirectory} cannot be written. Give yourself the right to write there, or set DAYBOOK_DATA_DIR to another directory.`,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new LocalReplicaSetError(
        'DISK_FULL',
        `The disk of the data directory ${dataDirectory} is full. Free some space, or set DAYBOOK_DATA_DIR to a directory on another disk.`,
      );
    default:
      return error;
  }
};
