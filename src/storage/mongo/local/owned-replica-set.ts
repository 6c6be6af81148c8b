import { setTimeout as sleep } from 'node:timers/promises';
import { attachedNow, type Attachment } from './attachments.ts';
import type { DataDirectory } from './data-directory.ts';
import type { LocalReplicaSetError } from './local-replica-set-error.ts';
import type { LocalReplicaSet, LocalReplicaSetOptions } from './replica-set-contract.ts';
import type { Owner } from './ownership.ts';
import { uriOf } from './primary.ts';
import { endOrphan, startMongod, type RunningMongod } from './running-mongod.ts';
import { sentenceOf } from './report.ts';
import { readState, writeState, type State } from './state.ts';

type Release = () => Promise<void>;

const pollMs = 100;

const namesOf = (users: readonly Attachment[]): string =>
  users.map(({ purpose, pid }) => `\`${purpose}\` (pid ${pid})`).join(', ');

class OwnedReplicaSet implements LocalReplicaSet {
  readonly uri: string;
  readonly owned = true;
  readonly pid: number;
  #stopped: Promise<void> | undefined;

  constructor(
    private readonly options: LocalReplicaSetOptions,
    private readonly directory: DataDirectory,
    private readonly running: RunningMongod,
    private readonly release: Release,
  ) {
    this.uri = uriOf(running.state.port);
    this.pid = running.kept.pid;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  onUnexpectedExit(callback: (reason: LocalReplicaSetError) => void): void {
    void this.running.kept.ended.then(async () => {
      if (this.#stopped === undefined) callback(await this.running.explainEnd());
    });
  }

  async #stop(): Promise<void> {
    await Promise.race([this.#leaveTo(), this.running.kept.ended]);
    await this.running.kept.stop();
    await this.#note('stopped');
    await this.release().catch((error: unknown) => this.options.report(sentenceOf(error)));
  }

  /** A server stops when it is told to; a script that others rely on stays until they are done. */
  async #leaveTo(): Promise<void> {
    if (this.options.attach) return this.#outlastUsers();
    await this.#note('stopping');
    const users = await attachedNow(this.directory.attached);
    if (users.length > 0) this.options.report(`Stopping the MongoDB that ${namesOf(users)} still uses.`);
  }

  async #outlastUsers(): Promise<void> {
    let told = '';
    for (;;) {
      await this.#note('stopping');
      const users = await attachedNow(this.directory.attached);
      if (users.length === 0) return;
      if (namesOf(users) !== told) this.options.report(`Waiting for ${namesOf(users)} to be done with this MongoDB.`);
      told = namesOf(users);
      await this.#note('ready');
      await this.#untilNobodyIsAttached();
    }
  }

  async #untilNobodyIsAttached(): Promise<void> {
    while ((await attachedNow(this.directory.attached)).length > 0) await sleep(pollMs);
  }

  /** Not being able to write it down is no reason to leave a mongod behind. */
  async #note(phase: State['phase']): Promise<void> {
    await writeState(this.directory, { ...this.running.state, phase }).catch((error: unknown) =>
      this.options.report(sentenceOf(error)),
    );
  }
}

/** Starts the mongod, as the only owner of the directory. Gives the ownership back when that fails. */
export const ownReplicaSet = async (
  options: LocalReplicaSetOptions,
  directory: DataDirectory,
  me: Owner,
  release: Release,
): Promise<LocalReplicaSet> => {
  try {
    const before = await readState(directory);
    await endOrphan(before?.mongod, options.report);
    const running = await startMongod(options, directory, me, before?.port);
    return new OwnedReplicaSet(options, directory, running, release);
  } catch (error) {
    await release().catch(() => undefined);
    throw error;
  }
};
