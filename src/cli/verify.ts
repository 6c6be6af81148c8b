import { readFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { MalformedProof, readProofDocument, type SealProof } from '../journal/proof-document.ts';
import { NoteRefused, type NoteVerifier, readVerifierKey } from '../journal/signed-note.ts';
import { type Verdict, verifyProof } from '../journal/verify-proof.ts';
import { fail, report, UserError, wordsOf } from '../terminal.ts';

type Options = { readonly proof: string; readonly key: string; readonly json?: true };

const CANNOT_TELL = 2;

const program = new Command('verify')
  .description(
    'Checks, without a database and without asking anybody, that a ledger has sealed an event at its position in the journal.',
  )
  .requiredOption('--proof <file>', 'the proof, a JSON document')
  .requiredOption('--key <vkey>', 'the verifier key of the ledger: <name>+<hash>+<key>')
  .option('--json', 'print one JSON document instead')
  .addHelpText(
    'after',
    '\nThe key must come from somebody you trust, and not with the proof.\n' +
      '\nExit code: 0 the proof is valid, 1 it is not, 2 nothing can be said: no such file, no proof, or no key.',
  )
  .exitOverride()
  .action((options: Options) => verify(options).then((code) => process.exit(code)));

const read = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`The proof cannot be read: ${wordsOf(error)}`);
  }
};

const proofIn = (text: string): SealProof => {
  try {
    return readProofDocument(JSON.parse(text));
  } catch (error) {
    if (error instanceof MalformedProof || error instanceof SyntaxError) {
      throw new UserError(`The file is no proof: ${error.message}.`);
    }
    throw error;
  }
};

const keyIn = (text: string): NoteVerifier => {
  try {
    return readVerifierKey(text);
  } catch (error) {
    if (error instanceof NoteRefused) throw new UserError(`The key cannot be used: ${error.message}.`);
    throw error;
  }
};

const linesOf = ({ event, position }: SealProof, { name }: NoteVerifier, verdict: Verdict): string => {
  if (!verdict.isValid) return `NOT valid: ${verdict.reason}.`;
  const { size } = verdict.checkpoint;
  return `Valid: ${name} has sealed this event at position ${position}, and signed for its first ${size} events.\n${event}`;
};

const jsonOf = ({ event, position }: SealProof, { name }: NoteVerifier, verdict: Verdict): string => {
  if (!verdict.isValid) return JSON.stringify({ valid: false, reason: verdict.reason }, undefined, 2);
  const { size, root } = verdict.checkpoint;
  const checkpoint = { origin: name, size, root: root.toString('base64') };
  return JSON.stringify({ valid: true, position, event, checkpoint }, undefined, 2);
};

const verify = async (options: Options): Promise<number> => {
  const verifier = keyIn(options.key);
  const sealed = proofIn(await read(options.proof));
  const verdict = verifyProof(sealed, verifier);
  console.log((options.json ? jsonOf : linesOf)(sealed, verifier, verdict));
  return verdict.isValid ? 0 : 1;
};

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : CANNOT_TELL);
  if (!(error instanceof UserError)) fail(error);
  report((error as UserError).message);
  process.exit(CANNOT_TELL);
}
