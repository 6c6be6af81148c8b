import { attach } from './attachments.ts';
import type { DataDirectory } from './data-directory.ts';
import { LocalReplicaSetError } from './local-replica-set-error.ts';
import type { LocalReplicaSet } from './replica-set-contract.ts';
import type { Owner } from './ownership.ts';
import { uriOf } from './primary.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { readState, type State } from './state.ts';

type RunningState = State & { readonly mongod: ProcessIdentity };

const pollMs = 1_000;

const runningFor = async (directory: DataDirectory, owner: Owner): Promise<RunningState | undefined> => {
  const state = await readState(directory);
  if (state?.phase !== 'ready' || state.pid !== owner.pid || state.startTime !== owner.startTime) return undefined;
  const { mongod } = state;
  return mongod && (await isAlive(mongod)) ? { ...state, mongod } : undefined;
};

const attachedTo = (state: RunningState, owner: Owner, detach: () => Promise<void>): LocalReplicaSet => {
  let timer: NodeJS.Timeout | undefined;
  return {
    uri: uriOf(state.port),
    owned: false,
    pid: state.mongod.pid,
    stop: async () => {
      clearInterval(timer);
      await detach();
    },
    onUnexpectedExit: (callback) => {
      const check = async (): Promise<void> => {
        if (await isAlive(state.mongod)) return;
        clearInterval(timer);
        callback(
          new LocalReplicaSetError('ENDED', `The MongoDB of \`${owner.purpose}\` (pid ${owner.pid}) was stopped.`),
        );
      };
      timer = setInterval(() => void check(), pollMs);
      timer.unref();
    },
  };
};

/**
 * Uses the mongod of the owner, or gives undefined when it is not ready. The note that we are attached comes before the
 * look at the state, and the owner writes that it is stopping before it looks for notes: so one of the two sees the other.
 */
export const tryToAttach = async (
  directory: DataDirectory,
  owner: Owner,
  me: Owner,
): Promise<LocalReplicaSet | undefined> => {
  const detach = await attach(directory.attached, me);
  const state = await runningFor(directory, owner);
  if (state) return attachedTo(state, owner, detach);
  await detach();
  return undefined;
};
