import { open, rename, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { DataDirectory } from './data-directory.ts';
import { LocalReplicaSetError, type LocalReplicaSetErrorCode } from './local-replica-set-error.ts';

/** One line of mongod's structured log, as far as it matters here. */
const logLine = z.object({ s: z.string(), msg: z.string(), attr: z.record(z.string(), z.unknown()).default({}) });

const structuredDetail = z.object({ msg: z.string().optional(), errmsg: z.string().optional() });

const longestLog = 32 * 1024 * 1024;
const longestExcerpt = 1024 * 1024;

/** Where the log ends now, so that what follows is known to come from the next start. A long log is put aside first. */
export const markLog = async ({ log }: DataDirectory): Promise<number> => {
  const size = await stat(log).then(
    (file) => file.size,
    () => 0,
  );
  if (size < longestLog) return size;
  await rename(log, `${log}.1`);
  return 0;
};

const readLogFrom = async ({ log }: DataDirectory, mark: number): Promise<string> => {
  const file = await open(log, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(mark, size - longestExcerpt);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), { position: start });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
};

type Diagnosis = { readonly code: LocalReplicaSetErrorCode; readonly pattern: RegExp; readonly sentence: string };

const another = 'set DAYBOOK_DATA_DIR to another directory';

// In order: a full disk or a missing right is also reported as damage by what fails next.
const diagnoses: readonly Diagnosis[] = [
  {
    code: 'LOCKED',
    pattern: /DBPathInUse|Unable to (?:lock|acquire exclusive lock on) the lock file/,
    sentence: `is locked by another mongod that is running on it. Stop that mongod, or ${another}.`,
  },
  {
    code: 'DISK_FULL',
    pattern: /No space left on device|Disk quota exceeded|error_code":(?:28|122)\b/,
    sentence: 'is on a disk that is full. Free some space, or set DAYBOOK_DATA_DIR to a directory on another disk.',
  },
  {
    code: 'NOT_WRITABLE',
    pattern: /Permission denied|Read-only file system|read-only directory|Operation not permitted/,
    sentence: `holds files that cannot be written. Give yourself the right to write them, or ${another}.`,
  },
  {
    code: 'OTHER_VERSION',
    pattern:
      /featureCompatibilityVersion|UPGRADE PROBLEM|Wrong mongod version|unsupported WiredTiger file version|[Vv]ersion incompatib|incompatible version/,
    sentence: `was written by another version of MongoDB than the mongod in use. Set MONGOD_PATH to a mongod of that version, or ${another}.`,
  },
  {
    code: 'DAMAGED',
    pattern: /WiredTiger|[Cc]orrupt|illegal file format|storage engine metadata|Fatal assertion/,
    sentence: `is damaged. Restore it from a backup, or ${another}.`,
  },
];

const detailOf = (attr: Readonly<Record<string, unknown>>): string => {
  const detail = attr['error'] ?? attr['message'];
  const structured = attr['message'] ?? attr['error'];
  const nested = structuredDetail.safeParse(structured);
  if (nested.success) return `: ${nested.data.msg ?? nested.data.errmsg ?? ''}`;
  return typeof detail === 'string' ? `: ${detail}` : '';
};

/** What a line says is wrong. Notes and warnings do not count: they name versions and errors at every healthy start. */
const complaintOf = (line: string): string | undefined => {
  try {
    const { s, msg, attr } = logLine.parse(JSON.parse(line));
    return s === 'E' || s === 'F' ? `${msg}${detailOf(attr)}`.replace(/\s+/g, ' ').trim() : undefined;
  } catch {
    // What the loader or the shell says is no JSON.
    return line.trim();
  }
};

const complaintsIn = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => complaintOf(line) ?? '')
    .filter((line) => line !== '');

// mongod says these after the line that names the cause.
const aftermath =
  /^(?:Fatal assertion|\*\*\*aborting|Please read the documentation|try '.*--help'|Writing fatal message: Got signal)/;

const lastWords = (complaints: readonly string[], { log }: DataDirectory): string => {
  const words = complaints.findLast((line) => !aftermath.test(line)) ?? complaints.at(-1);
  return words === undefined ? `Its log is ${log}.` : `mongod's last words (more in ${log}): ${words.slice(0, 300)}`;
};

/** Why mongod ended, from what it logged since the mark and printed before it had a log. */
export const explainEnd = async (
  directory: DataDirectory,
  mark: number,
  printed: string,
): Promise<LocalReplicaSetError> => {
  const logged = await readLogFrom(directory, mark);
  const complaints = complaintsIn(`${printed}\n${logged}`);
  const text = complaints.join('\n');
  const said = lastWords(complaints, directory);
  if (/Address already in use/.test(text)) {
    return new LocalReplicaSetError(
      'PORT_TAKEN',
      `The port of the local MongoDB was taken by another program. Stop it. ${said}`,
    );
  }
  const diagnosis = diagnoses.find(({ pattern }) => pattern.test(text));
  if (diagnosis) {
    return new LocalReplicaSetError(
      diagnosis.code,
      `The data directory ${directory.path} ${diagnosis.sentence} ${said}`,
    );
  }
  // An excerpt that is full begins long after the start.
  if (!logged.includes('Waiting for connections') && logged.length < longestExcerpt) {
    return new LocalReplicaSetError(
      'CANNOT_RUN',
      `The local MongoDB could not be started. Set MONGOD_PATH to a mongod that runs here, or MONGODB_URI to a running replica set. ${said}`,
    );
  }
  return new LocalReplicaSetError(
    'ENDED',
    `The local MongoDB was ended from outside. Start Daybook again; what was committed is kept. ${said}`,
  );
};
