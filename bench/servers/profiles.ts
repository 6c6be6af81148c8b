const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

/** Tells Node to leave CPU profiles in a directory, or nothing where none is wanted. */
export class Profiles {
  readonly #taken = new Map<string, number>();

  constructor(private readonly directory: string | undefined) {}

  /** The flags for one process; its profile is named after what it is. */
  flagsFor(...names: readonly string[]): readonly string[] {
    if (this.directory === undefined) return [];
    const name = names.map(plain).join('.');
    const count = (this.#taken.get(name) ?? 0) + 1;
    this.#taken.set(name, count);
    return ['--cpu-prof', `--cpu-prof-dir=${this.directory}`, `--cpu-prof-name=${name}.${count}.cpuprofile`];
  }
}
