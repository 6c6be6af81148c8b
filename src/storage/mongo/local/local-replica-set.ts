import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryToAttach } from './attached-replica-set.ts';
import { dataDirectoryAt, type DataDirectory } from './data-directory.ts';
import { asDirectoryError, LocalReplicaSetError } from './local-replica-set-error.ts';
import { ownReplicaSet } from './owned-replica-set.ts';
import { claimOwnership, type Owner } from './ownership.ts';
import { thisProcess } from './process-identity.ts';
import type { LocalReplicaSet, LocalReplicaSetOptions } from './replica-set-contract.ts';

export type { LocalReplicaSet, LocalReplicaSetOptions } from './replica-set-contract.ts';

// The owner itself gives up on its mongod before that.
const longestWaitMs = 200_000;

const inUse = (directory: DataDirectory, { purpose, pid }: Owner): LocalReplicaSetError =>
  new LocalReplicaSetError(
    'IN_USE',
    `The data directory ${directory.path} is in use by \`${purpose}\` (pid ${pid}). Stop it first, or set DAYBOOK_DATA_DIR to another directory.`,
  );

const neverReady = (directory: DataDirectory, { purpose, pid }: Owner): LocalReplicaSetError =>
  new LocalReplicaSetError(
    'NOT_READY',
    `\`${purpose}\` (pid ${pid}) holds the data directory ${directory.path}, but its MongoDB does not become ready. Stop it and try again.`,
  );

const openOrWait = async (options: LocalReplicaSetOptions, directory: DataDirectory): Promise<LocalReplicaSet> => {
  const me = { ...(await thisProcess()), purpose: options.purpose };
  const startedAt = performance.now();
  for (let attempt = 0; ; attempt += 1) {
    const claimed = await claimOwnership(directory.owners, me);
    if (claimed.won) return ownReplicaSet(options, directory, me, claimed.release);
    if (!options.attach) throw inUse(directory, claimed.owner);
    const attached = await tryToAttach(directory, claimed.owner, me);
    if (attached) return attached;
    if (performance.now() - startedAt > longestWaitMs) throw neverReady(directory, claimed.owner);
    if (attempt === 5) {
      options.report(`Waiting for the MongoDB of \`${claimed.owner.purpose}\` (pid ${claimed.owner.pid}).`);
    }
    await sleep(100);
  }
};

/**
 * A real MongoDB for one machine: a one-node, journaled replica set over a data directory, so that there are
 * transactions and the data is there at the next start, also after a kill -9. The mongod ends with this process.
 *
 * Rejects with LocalReplicaSetError, and with whatever findMongod rejects with.
 */
export const openLocalReplicaSet = async (options: LocalReplicaSetOptions): Promise<LocalReplicaSet> => {
  const directory = dataDirectoryAt(resolve(options.dataDirectory));
  try {
    // Only the owner of the money may read it.
    await mkdir(directory.mongod, { recursive: true, mode: 0o700 });
    return await openOrWait(options, directory);
  } catch (error) {
    throw asDirectoryError(error, directory.path);
  }
};
