const LOOK_INTERVAL = 250;
// Shorter than the silence after which a caller gives up.
const LONGEST_ABSENCE = 1_900;

/** Notices that this process did not run for so long that others have given it up: it was stopped, or had no processor. */
export class AbsenceWatch {
  #lastLook = performance.now();
  readonly #looking = setInterval(() => this.look(), LOOK_INTERVAL).unref();

  constructor(private readonly onAbsence: () => void) {}

  /** To be called before anything that may have come in meanwhile is believed to be still wanted. */
  look(): void {
    const now = performance.now();
    const wasAbsent = now - this.#lastLook > LONGEST_ABSENCE;
    this.#lastLook = now;
    if (wasAbsent) this.onAbsence();
  }

  stop(): void {
    clearInterval(this.#looking);
  }
}
