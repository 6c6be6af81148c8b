import type { LoadOrder, LoadResult } from '../client/load.ts';
import type { BareDriverOrder } from '../programs/bare-driver.ts';
import { type LoadGenerator, startWorker } from '../programs/worker.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import type { Closing } from './closing.ts';
import type { ApiContender, BareDriver, Contender } from './contender.ts';
import type { Profiles } from './profiles.ts';

/** A contender that is ready to be measured. */
export type OpenContender = {
  readonly contender: Contender;
  readonly mongoUri: string;
  /** Of its API; none where it has none. */
  readonly urls: () => readonly string[];
  readonly pids: () => readonly number[];
  readonly run: (order: Omit<LoadOrder, 'urls'>, clients: LoadGenerator) => Promise<LoadResult>;
  /** Ends its processes and starts them anew: they remember nothing. */
  readonly restart: () => Promise<void>;
  /** Throws where a process of it has ended by itself. */
  readonly mustBeAlive: () => void;
};

export type Opening = {
  readonly scenario: string;
  readonly mongoUri: string;
  readonly directory: string;
  readonly profiles: Profiles;
};

const openApi = async (contender: ApiContender, opening: Opening, closing: Closing): Promise<OpenContender> => {
  const { scenario, mongoUri, directory, profiles } = opening;
  const servers: ApiServer[] = [];
  const start = async (): Promise<void> => {
    for (let process = 0; process < contender.processes; process += 1) {
      const flags = profiles.flagsFor(scenario, contender.name);
      servers.push(await startApiServer({ contender, mongoUri, directory, flags }));
    }
  };
  const stop = async (): Promise<void> => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  };
  await closing.open(() => start().catch((error: unknown) => stop().then(() => Promise.reject(error as Error))), stop);
  const urls = (): readonly string[] => servers.map(({ url }) => url);
  return {
    contender,
    mongoUri,
    urls,
    pids: () => servers.map(({ pid }) => pid),
    run: (order, clients) => clients.run({ ...order, urls: urls() }),
    restart: async () => {
      await stop();
      await start();
    },
    mustBeAlive: () => servers.forEach((server) => server.mustBeAlive()),
  };
};

const openBareDriver = async (contender: BareDriver, opening: Opening, closing: Closing): Promise<OpenContender> => {
  const { scenario, mongoUri, profiles } = opening;
  const worker = await closing.open(
    () => startWorker<BareDriverOrder, LoadResult>('bare-driver', profiles.flagsFor(scenario, contender.name)),
    (started) => started.stop(),
  );
  return {
    contender,
    mongoUri,
    urls: () => [],
    // It counts its own CPU time, without that for what it prepares.
    pids: () => [],
    run: ({ seconds }) => worker.run({ uri: mongoUri, batch: contender.batch, seconds }),
    restart: () => Promise.reject(new Error('The bare driver is never restarted.')),
    mustBeAlive: () => undefined,
  };
};

/** Starts it, and leaves with `closing` how it is ended. */
export const openContender = (contender: Contender, opening: Opening, closing: Closing): Promise<OpenContender> =>
  contender.kind === 'bare-driver' ? openBareDriver(contender, opening, closing) : openApi(contender, opening, closing);
