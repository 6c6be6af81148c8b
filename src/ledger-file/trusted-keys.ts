import { NoteRefused, type NoteVerifier, readVerifierKey, verifierKeyOf } from '../journal/signed-note.ts';

/** Whose signatures count: those of the keys that were given, or, where none was, of any key that the file names. */
export class TrustedKeys {
  readonly #seen = new Map<string, NoteVerifier>();

  constructor(private readonly given: readonly NoteVerifier[]) {
    for (const verifier of given) this.#seen.set(verifierKeyOf(verifier), verifier);
  }

  /** Every key by which something was signed. */
  get seen(): readonly string[] {
    return [...this.#seen.keys()];
  }

  /** Throws NoteRefused where the key is no key, or not one of those given. */
  verifierOf(verifierKey: string): NoteVerifier {
    const known = this.#seen.get(verifierKey);
    if (known) return known;
    if (this.given.length > 0) throw new NoteRefused(`it is signed by ${verifierKey}, and not by a key that was given`);
    const verifier = readVerifierKey(verifierKey);
    this.#seen.set(verifierKey, verifier);
    return verifier;
  }
}
