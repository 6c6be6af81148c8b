/** The file is not the ledger that was exported; the message names the line, the first of the file being 1. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';

  constructor(
    readonly line: number,
    what: string,
  ) {
    super(`line ${line}: ${what}`);
  }
}
