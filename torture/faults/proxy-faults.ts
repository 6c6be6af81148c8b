import { below, type Random } from '../../src/load/random.ts';
import type { Member } from '../servers/member.ts';
import type { Disturbance } from '../servers/member-proxy.ts';
import type { Treatment } from '../servers/relay.ts';
import type { Fault, Heal, Injected, Stage } from './fault.ts';

/** Kept back until it is let go. */
const holding = (): { readonly treatment: Treatment; readonly letGo: () => void } => {
  const { promise, resolve } = withResolvers();
  return { treatment: { kind: 'hold', over: promise }, letGo: resolve };
};

const withResolvers = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
};

const disturb = (disturbances: readonly (readonly [Member, Disturbance])[]): Heal => {
  const ends = disturbances.map(([{ proxy }, disturbance]) => proxy.disturb(disturbance));
  return () => ends.forEach((end) => end());
};

type Treatments = Pick<Disturbance, 'requests' | 'replies'>;

const ALL_APIS_RATE = 0.3;

type OnPrimary = (primary: Member, stage: Stage, random: Random) => Injected;

const onPrimary =
  (act: OnPrimary): Fault['inject'] =>
  async (stage, random) => {
    const primary = await stage.set.primary();
    return primary && act(primary, stage, random);
  };

type Whom = { readonly name: string; readonly line: Pick<Disturbance, 'link' | 'from'> };

/** Mostly one API process, so that the other one goes on; now and then all of them. */
const someApi = ({ apis }: Stage, random: Random): Whom => {
  if (random() < ALL_APIS_RATE) return { name: 'both APIs', line: { link: 'api' } };
  const from = below(random, apis.length);
  return { name: apis[from]?.name ?? '', line: { link: 'api', from } };
};

/** What an API and the primary say to each other is treated so. */
const betweenApiAndPrimary = (what: string, treat: (random: Random) => Treatments): Fault['inject'] =>
  onPrimary((primary, stage, random) => {
    const { name, line } = someApi(stage, random);
    return {
      what: `${what} between ${name} and ${primary.name}`,
      heal: disturb([[primary, { ...line, ...treat(random) }]]),
    };
  });

const delayed = (random: Random): Treatments => {
  const treatment: Treatment = { kind: 'delay', milliseconds: 100 + below(random, 900) };
  return { requests: treatment, replies: treatment };
};

const resetAll: Fault['inject'] = ({ set }) => {
  for (const { proxy } of set.members) proxy.reset('api');
  return Promise.resolve({ what: 'reset of all connections of the API', heal: () => undefined });
};

const LOST_SHARE = 0.7;

const cutOff = onPrimary((primary, stage, random) => {
  const { treatment, letGo } = holding();
  const { name, line } = someApi(stage, random);
  const heal = disturb([[primary, { ...line, requests: treatment, replies: treatment }]]);
  return {
    what: `partition of ${name} from ${primary.name}`,
    heal: async () => {
      await heal();
      letGo();
    },
  };
});

/** Nobody of the set hears from the member, and it hears from nobody; the API still reaches it. */
const isolated = onPrimary((primary, { set }) => {
  const { treatment, letGo } = holding();
  const both = { requests: treatment, replies: treatment };
  const others = set.members.filter((member) => member !== primary);
  const outgoing = others.map((member) => [member, { link: 'member', from: primary.index, ...both }] as const);
  const heal = disturb([[primary, { link: 'member', ...both }], ...outgoing]);
  return {
    what: `partition of ${primary.name} from the other members`,
    heal: async () => {
      await heal();
      letGo();
    },
  };
});

const slowReplication: Fault['inject'] = ({ set }, random) => {
  const treatment: Treatment = { kind: 'delay', milliseconds: 50 + below(random, 400) };
  const heal = disturb(set.members.map((member) => [member, { link: 'member', replies: treatment }] as const));
  return Promise.resolve({ what: 'delay between the members', heal });
};

const resetMembers: Fault['inject'] = ({ set }) => {
  for (const { proxy } of set.members) proxy.reset('member');
  return Promise.resolve({ what: 'reset of all connections between members', heal: () => undefined });
};

const swallow: Treatment = { kind: 'swallow' };
const cut: Treatment = { kind: 'cut' };

const FLAPS = 5;

/** Cut off and let through again, several times in a second. */
const flapping = onPrimary((primary, stage, random) => {
  const { name, line } = someApi(stage, random);
  let rounds = 0;
  let end: Heal | undefined;
  const flap = setInterval(
    () => {
      rounds += 1;
      if (rounds % 2 === 1) end = disturb([[primary, { ...line, requests: swallow, replies: swallow }]]);
      else void end?.();
    },
    1_000 / (2 * FLAPS),
  );
  const heal = async (): Promise<void> => {
    clearInterval(flap);
    await end?.();
  };
  return { what: `a flapping line between ${name} and ${primary.name}`, heal };
});

const kind = 'proxy';
const reach = 'passing';
// Less than until the next fault, or a good deal more.
const [brief, longer] = [
  [0.2, 0.6],
  [0.4, 2],
] as const;

export const proxyFaults: readonly Fault[] = [
  {
    ...{ kind, reach, name: 'requests dropped', lasts: brief },
    inject: betweenApiAndPrimary('requests dropped', () => ({ requests: swallow })),
  },
  {
    ...{ kind, reach, name: 'replies dropped', lasts: brief },
    inject: betweenApiAndPrimary('replies dropped', () => ({ replies: swallow })),
  },
  {
    ...{ kind, reach, name: 'replies to commits lost', lasts: longer },
    inject: betweenApiAndPrimary('replies to commits lost', (random) => ({
      replies: { kind: 'lose-commits', isLost: () => random() < LOST_SHARE },
    })),
  },
  { ...{ kind, reach, name: 'delay', lasts: longer }, inject: betweenApiAndPrimary('delay', delayed) },
  { ...{ kind, reach, name: 'reset', lasts: [0, 0] }, inject: resetAll },
  {
    ...{ kind, reach, name: 'reset in the middle of a reply', lasts: brief },
    inject: betweenApiAndPrimary('resets in the middle of replies', () => ({ replies: cut })),
  },
  { ...{ kind, reach, name: 'API cut off', lasts: longer }, inject: cutOff },
  { ...{ kind, reach, name: 'flapping', lasts: longer }, inject: flapping },
  { kind, name: 'primary isolated', reach: 'members', takesPrimary: true, lasts: [3, 8], inject: isolated },
  { ...{ kind, reach, name: 'slow replication', lasts: longer }, inject: slowReplication },
  { ...{ kind, reach, name: 'members reset', lasts: [0, 0] }, inject: resetMembers },
];
