import { below, type Random } from '../../src/load/random.ts';
import { apiNameOf } from '../servers/relay.ts';
import type { TortureSet } from '../servers/torture-set.ts';
import type { Fault, Injected, Stage } from './fault.ts';

// What the API sends on its way from a command to its commit.
const commands = ['find', 'aggregate', 'insert', 'update', 'commitTransaction', 'abortTransaction'] as const;
type CommandName = (typeof commands)[number];

type Failure = Readonly<Record<string, unknown>>;

const failures: readonly (readonly [string, Failure])[] = [
  ['112 WriteConflict', { errorCode: 112 }],
  ['251 NoSuchTransaction', { errorCode: 251 }],
  ['91 ShutdownInProgress', { errorCode: 91 }],
  ['10107 NotWritablePrimary', { errorCode: 10107 }],
  ['189 PrimarySteppedDown', { errorCode: 189 }],
  ['50 MaxTimeMSExpired', { errorCode: 50 }],
  ['a closed connection', { closeConnection: true }],
  ['a blocked connection', { blockConnection: true, blockTimeMS: 700 }],
  ['TransientTransactionError', { errorCode: 251, errorLabels: ['TransientTransactionError'] }],
];

// The server does what it is told, and then says that it does not know whether the majority has it.
const unknownOutcomes: readonly (readonly [string, Failure])[] = [
  ['write concern error 64', { writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } }],
  ['write concern error 91', { writeConcernError: { code: 91, errmsg: 'shutting down' } }],
  ['UnknownTransactionCommitResult', { errorCode: 50, errorLabels: ['UnknownTransactionCommitResult'] }],
];

const failuresOf = (command: CommandName): readonly (readonly [string, Failure])[] =>
  command === 'commitTransaction' ? [...failures, ...unknownOutcomes] : failures;

const MOST_TIMES = 6;

const failing =
  (command: CommandName): Fault['inject'] =>
  async ({ set, apis }: Stage, random: Random): Promise<Injected | undefined> => {
    const [name, failure] = failuresOf(command)[below(random, failuresOf(command).length)] ?? ['', {}];
    const times = 1 + below(random, MOST_TIMES);
    const mode = random() < 0.3 ? 'alwaysOn' : { times };
    const primary = await set.primary();
    const api = below(random, apis.length);
    // Only what this process sends: the torture has another name.
    const data = { failCommands: [command], appName: apiNameOf(api), ...failure };
    const configure = (how: object | string): Promise<boolean> =>
      (primary?.command({ configureFailPoint: 'failCommand', mode: how, data }) ?? Promise.reject(new Error())).then(
        () => true,
        // One that was killed forgets its failures.
        () => false,
      );
    if (!(await configure(mode))) return undefined;
    const often = mode === 'alwaysOn' ? 'always' : `${times} times`;
    const heal = async (): Promise<void> => {
      await configure('off');
    };
    return { what: `${command} of ${apis[api]?.name} fails ${often} with ${name}`, heal };
  };

/** Ends what was left on a member that did not answer when it was to end. */
export const failNothing = async ({ members }: TortureSet): Promise<void> => {
  const off = { configureFailPoint: 'failCommand', mode: 'off' };
  await Promise.all(members.map((member) => member.command(off).catch(() => undefined)));
};

export const failCommandFaults: readonly Fault[] = commands.map((command) => ({
  kind: 'failcommand',
  name: `${command} fails`,
  reach: 'passing',
  lasts: [0.3, 0.8],
  inject: failing(command),
}));
