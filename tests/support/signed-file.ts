import { hash } from 'node:crypto';
import { NOTHING_SEALED, signCheckpoint } from '../../src/journal/checkpoint.ts';
import { SignedCheckpoint } from '../../src/journal/signed-checkpoint.ts';
import { stranger } from './note-keys.ts';

/** As it is where a key is new. Whose signature it has is not looked at, for nobody else can write there. */
export const beginSigned = async (path: string): Promise<SignedCheckpoint> => {
  const signed = new SignedCheckpoint(path);
  await signed.begin(signCheckpoint(NOTHING_SEALED, stranger));
  return signed;
};

/** Of one database, whoever asks for it and how. */
const databaseIn = (uri: string): string => uri.replace(/\?.*$/, '').replace(/\/\/[^@/]*@/, '//');

/** One key signs the journals of all databases of a run, and each of them begins by itself. */
export const signedFileOf = ({ MONGODB_URI = '', DAYBOOK_DATA_DIR = '' }: Readonly<Record<string, string>>): string =>
  `${process.env.DAYBOOK_SIGNING_KEY_FILE}.${hash('sha256', databaseIn(MONGODB_URI) + DAYBOOK_DATA_DIR)}`;
