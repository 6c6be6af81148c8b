import { below, type Random } from '../../src/load/random.ts';
import type { ApiNode } from '../servers/api-node.ts';
import type { Member } from '../servers/member.ts';
import type { Fault, Injected, Stage } from './fault.ts';

const anyOf = <T>(items: readonly T[], random: Random): T | undefined => items[below(random, items.length)];

type Chosen = readonly Member[] | undefined;

const onlyPrimary = async ({ set }: Stage): Promise<Chosen> => {
  const primary = await set.primary();
  return primary && [primary];
};

const oneSecondary = async ({ set }: Stage, random: Random): Promise<Chosen> => {
  const primary = await set.primary();
  const secondary = anyOf(
    set.members.filter((member) => member !== primary),
    random,
  );
  return primary && secondary && [secondary];
};

/** The primary and one more: what is left cannot elect anybody. */
const majority = async (stage: Stage, random: Random): Promise<Chosen> => {
  const [primary, secondary] = await Promise.all([onlyPrimary(stage), oneSecondary(stage, random)]);
  return primary && secondary && [...primary, ...secondary];
};

const namesOf = (members: readonly { readonly name: string }[]): string =>
  members.map(({ name }) => name).join(' and ');

const killing =
  (choose: (stage: Stage, random: Random) => Promise<Chosen>): Fault['inject'] =>
  async (stage, random): Promise<Injected | undefined> => {
    const members = await choose(stage, random);
    if (!members) return undefined;
    await Promise.all(members.map((member) => member.kill()));
    const heal = async (): Promise<void> => {
      for (const member of members) await member.start();
    };
    return { what: `kill -9 ${namesOf(members)}`, heal };
  };

const stopping =
  (choose: (stage: Stage, random: Random) => Promise<Chosen>): Fault['inject'] =>
  async (stage, random): Promise<Injected | undefined> => {
    const members = await choose(stage, random);
    if (!members) return undefined;
    for (const member of members) member.freeze();
    const heal = (): void => {
      for (const member of members) member.thaw();
    };
    return { what: `SIGSTOP ${namesOf(members)}`, heal };
  };

const someApis =
  (count: number, act: (apis: readonly ApiNode[]) => Injected): Fault['inject'] =>
  ({ apis }, random) => {
    const first = below(random, apis.length);
    const chosen = Array.from({ length: count }, (_, index) => apis[(first + index) % apis.length] as ApiNode);
    return Promise.resolve(apis.every(({ isServing }) => isServing) ? act(chosen) : undefined);
  };

const killApis = (apis: readonly ApiNode[]): Injected => {
  for (const api of apis) api.kill();
  // Whoever watches over it starts it again.
  return { what: `kill -9 ${namesOf(apis)}`, heal: () => undefined };
};

const stopApis = (apis: readonly ApiNode[]): Injected => {
  for (const api of apis) api.freeze();
  const heal = (): void => {
    for (const api of apis) api.thaw();
  };
  return { what: `SIGSTOP ${namesOf(apis)}`, heal };
};

const stepDown: Fault['inject'] = async ({ set }) => {
  const primary = await set.primary();
  if (!primary) return undefined;
  const isDone = await primary.command({ replSetStepDown: 5, secondaryCatchUpPeriodSecs: 1, force: true }).then(
    () => true,
    () => false,
  );
  return isDone ? { what: `step-down of ${primary.name}`, heal: () => undefined } : undefined;
};

const [members, apis] = ['members', 'apis'] as const;
const [takesPrimary, takesMajority] = [true, true] as const;

export const processFaults: readonly Fault[] = [
  { kind: 'kill', name: 'kill API', reach: apis, lasts: [0, 0], inject: someApis(1, killApis) },
  { kind: 'kill', name: 'kill both APIs', reach: apis, lasts: [0, 0], inject: someApis(2, killApis) },
  { kind: 'kill', name: 'kill primary', reach: members, takesPrimary, lasts: [1, 4], inject: killing(onlyPrimary) },
  { kind: 'kill', name: 'kill secondary', reach: members, lasts: [0.5, 3], inject: killing(oneSecondary) },
  {
    kind: 'kill',
    name: 'kill majority',
    reach: members,
    takesPrimary,
    takesMajority,
    lasts: [0.5, 2],
    inject: killing(majority),
  },
  { kind: 'stop', name: 'stop API', reach: apis, lasts: [0.5, 6], inject: someApis(1, stopApis) },
  { kind: 'stop', name: 'stop primary', reach: members, takesPrimary, lasts: [1, 8], inject: stopping(onlyPrimary) },
  { kind: 'stop', name: 'stop secondary', reach: members, lasts: [0.5, 4], inject: stopping(oneSecondary) },
  {
    kind: 'stop',
    name: 'stop majority',
    reach: members,
    takesPrimary,
    takesMajority,
    lasts: [0.5, 3],
    inject: stopping(majority),
  },
  { kind: 'stepdown', name: 'step down', reach: members, takesPrimary, lasts: [0, 0], inject: stepDown },
];
