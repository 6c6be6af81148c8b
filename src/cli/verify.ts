import { Command, CommanderError } from 'commander';
import { fail, report, UserError } from '../terminal.ts';
import { verifyProofFile } from './verify-proof.ts';

type Options = {
  readonly proof?: string;
  readonly key: readonly string[];
  readonly since?: string;
  readonly save?: string;
  readonly json?: true;
};

const CANNOT_TELL = 2;

const addKey = (key: string, before: readonly string[]): readonly string[] => [...before, key];

const program = new Command('verify')
  .description(
    'Checks the whole ledger: every event against the journal, the journal against itself and its signatures, read models and snapshots ' +
      'against the events. Nothing is changed. With --proof, checks instead, without a database and without asking anybody, what a ' +
      'ledger has proved: an event, a balance, a statement, or that its journal only grew.',
  )
  .option('--proof <file>', 'check this proof only, a JSON document as the API gave it')
  .option(
    '--key <vkey>',
    'the verifier key of the ledger: <name>+<hash>+<key>, and again for each other one that it was ever signed with; default: that of ' +
      'its own signing key',
    addKey,
    [],
  )
  .option(
    '--since <file>',
    'a checkpoint of this ledger from earlier: the journal must only have grown since; default, without --key: the last one signed here',
  )
  .option('--save <file>', 'where all is well, keep the present checkpoint in this file, for --since')
  .option('--json', 'print one JSON document instead')
  .addHelpText(
    'after',
    '\nThe key must come from somebody you trust, and not with the proof. Who can change the database and also has the signing\n' +
      'key, with the checkpoint beside it, can write another history: only a checkpoint that was kept elsewhere (--save, --since) shows it.\n' +
      '\nExit code: 0 all is well, 1 something is not, 2 nothing can be said: no such file, no proof, no key, or no database.',
  )
  .exitOverride()
  .action((options: Options) => verify(options));

const verify = async ({ proof, ...options }: Options): Promise<void> => {
  if (proof === undefined) {
    // Whoever checks a proof needs no database, and loads nothing that knows one.
    const { verifyLedger } = await import('./verify-ledger.ts');
    verifyLedger(options, CANNOT_TELL);
    return;
  }
  const [key, ...others] = options.key;
  if (key === undefined) return program.error("error: required option '--key <vkey>' not specified");
  if (others.length > 0) return program.error('error: a proof is signed with one key');
  const { since, save, json = false } = options;
  if (save !== undefined)
    return program.error('error: --save is for the whole ledger: a proof has no checkpoint of today');
  process.exit(await verifyProofFile({ proof, key, json, ...(since !== undefined && { since }) }));
};

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : CANNOT_TELL);
  if (!(error instanceof UserError)) fail(error);
  report((error as UserError).message);
  process.exit(CANNOT_TELL);
}
