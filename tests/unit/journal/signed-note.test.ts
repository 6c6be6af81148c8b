import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  NoteRefused,
  noteSigner,
  openNote,
  readVerifierKey,
  signNote,
  verifierKeyOf,
} from '../../../src/journal/signed-note.ts';
import { ledger, peter, stranger } from '../../support/note-keys.ts';

const PETER_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const ENOCH_LINE =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';

const peterKey = readVerifierKey(PETER_KEY);
const open = (note: string): string => openNote(note, peterKey);

describe('a verifier key', () => {
  it('is the published one of the published signer', () => {
    expect(verifierKeyOf(peter)).toBe(PETER_KEY);
    expect(verifierKeyOf(peterKey)).toBe(PETER_KEY);
  });

  it('is refused with any part of it missing, and with any character changed', () => {
    const wrong = new Set<string>();
    for (let from = 0; from < PETER_KEY.length; from += 1) {
      for (let to = from; to <= PETER_KEY.length; to += 1) wrong.add(PETER_KEY.slice(from, to));
      const next = String.fromCharCode(PETER_KEY.charCodeAt(from) + 1);
      wrong.add(PETER_KEY.slice(0, from) + next + PETER_KEY.slice(from + 1));
    }
    wrong.delete(PETER_KEY);
    for (const key of wrong) expect(() => readVerifierKey(key), key).toThrow(NoteRefused);
  });

  it.each([
    'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
    'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    `${PETER_KEY}\n`,
    ` ${PETER_KEY}`,
  ])('is refused where its hash is right and its key is not, or it is written otherwise: %j', (key) => {
    expect(() => readVerifierKey(key)).toThrow(NoteRefused);
  });

  it.each(['', 'two words', 'a+b', 'a\u2003b', 'a\u0085b', 'line\n', 'bell\u0007', '\ud800'])(
    'cannot be named %j',
    (name) => {
      expect(() => noteSigner(name, peter.privateKey)).toThrow('the name of a key');
    },
  );

  it('is of Ed25519', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => noteSigner('ledger', privateKey)).toThrow('Ed25519');
  });
});

describe('a signed note', () => {
  it('is the published one, byte for byte', () => {
    expect(signNote(TEXT, peter)).toBe(`${TEXT}\n${PETER_LINE}`);
    expect(open(`${TEXT}\n${PETER_LINE}`)).toBe(TEXT);
  });

  it('is the example of the specification', () => {
    const key = readVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
    const note =
      'This is an example message.\n\n' +
      '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
    expect(openNote(note, key)).toBe('This is an example message.\n');
  });

  it('may have empty lines in its text, and any character but control characters', () => {
    const text = '\nfür Zoë 💶\n\n— not yet\n\u007f\n';
    expect(open(signNote(text, peter))).toBe(text);
  });

  it('is opened whatever others have signed it, in whichever order', () => {
    expect(open(`${TEXT}\n${ENOCH_LINE}${PETER_LINE}`)).toBe(TEXT);
    expect(open(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}${PETER_LINE}${ENOCH_LINE.repeat(97)}`)).toBe(TEXT);
  });

  it('is opened where another key has the same name, or the same hash, and signs what it likes', () => {
    const sameName = signNote('another text\n', stranger).split('\n\n')[1] ?? '';
    const sameHash = PETER_LINE.replace('PeterNeumann', 'Peter');
    expect(openNote(`${signNote(TEXT, ledger)}${sameName}${sameHash}`, ledger)).toBe(TEXT);
  });

  it.each([
    ['is signed by nobody that is asked about', `${TEXT}\n${ENOCH_LINE}`, 'not signed by PeterNeumann+c74f20a3'],
    ['has another text', `${TEXT.replace('you', 'You')}\n${PETER_LINE}`, 'does not fit'],
    ['has another signature', `${TEXT}\n${PETER_LINE.replace('cvIAQ', 'cvIAR')}`, 'does not fit'],
    [
      'has a right signature and a wrong one',
      `${TEXT}\n${PETER_LINE}${PETER_LINE.replace('cvIAQ', 'cvIAR')}`,
      'does not fit',
    ],
    ['has a longer signature', `${TEXT}\n${PETER_LINE.slice(0, 60)}ABCD${PETER_LINE.slice(60)}`, 'does not fit'],
    ['is a text alone', TEXT, 'an empty line'],
    ['has no signature', `${TEXT}\n`, 'an empty line'],
    ['is empty', '', 'an empty line'],
    ['is cut off', `${TEXT}\n${PETER_LINE.slice(0, -1)}`, 'ended by a newline'],
    ['has a control character', `\u0001${TEXT}\n${PETER_LINE}`, 'control characters'],
    ['has a carriage return', `${TEXT}\n${PETER_LINE}`.replaceAll('\n', '\r\n'), 'control characters'],
    ['is not UTF-8', `\ud800${TEXT}\n${PETER_LINE}`, 'UTF-8'],
    ['has a name with a space', `${TEXT}\n${PETER_LINE.replace('PeterNeumann', 'Peter Neumann')}`, 'no signature'],
    ['has another line behind its text', `${TEXT}\n${PETER_LINE}Unexpected line.\n`, 'no signature'],
    ['has a signature that is not base64', `${TEXT}\n${PETER_LINE.replace('x08g', 'x0*g')}`, 'no signature'],
    ['has a signature without anything signed', `${TEXT}\n— PeterNeumann x08gow==\n`, 'no signature'],
    ['has more than a hundred signatures', `${TEXT}\n${PETER_LINE.repeat(101)}`, 'more than 100'],
  ])('is refused where it %s', (_, note, reason) => {
    expect(() => open(note)).toThrow(NoteRefused);
    expect(() => open(note)).toThrow(reason);
  });

  it.each(['no newline at its end', 'a tab\t\n', ''])('cannot be made of %j', (text) => {
    expect(() => signNote(text, peter)).toThrow(NoteRefused);
  });
});
