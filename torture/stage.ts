import type { Closing } from '../bench/servers/closing.ts';
import type { Stage } from './faults/fault.ts';
import { ApiNode } from './servers/api-node.ts';
import { apiNameOf } from './servers/relay.ts';
import { openTortureSet, type SetOptions } from './servers/torture-set.ts';

const API_PROCESSES = 2;

/** Three mongods behind their proxies, and two API processes on them. */
export const openStage = async (options: SetOptions, closing: Closing): Promise<Stage> => {
  const { report } = options;
  report('Starting three mongods and two API processes.');
  const set = await openTortureSet(options, closing);
  const common = set.uri.replace('/?', '/daybook?');
  const apis: ApiNode[] = [];
  for (let index = 0; index < API_PROCESSES; index += 1) {
    // By its name the proxies know which one it is.
    const mongoUri = `${common}&appName=${apiNameOf(index)}`;
    const open = (): Promise<ApiNode> => ApiNode.open({ index, mongoUri, directory: set.directory });
    apis.push(await closing.open(open, (api) => api.close()));
  }
  return { set, apis };
};
