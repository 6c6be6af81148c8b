import { isUtf8 } from 'node:buffer';
import { FAULTS_TOLD, pointerOf, RequestError, type RequestFault } from '../problem-details.ts';
import { isPlain } from './plain-json.ts';

const DEEPEST = 16;

// Runs over text that JSON.parse has accepted, so each token is well-formed and everything between tokens is white space.
const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|-?\d[\d.eE+-]*/g;

const plainInteger = /^(?:0|-?[1-9]\d*)$/;

const malformed = (detail: string): RequestError =>
  new RequestError('VALIDATION_FAILED', [{ in: 'body', at: '', detail }]);

/** An object or array around a token, and which of its members or items is being read. */
type Container = { readonly members?: Set<string>; reading: string | number };

const faultAt = (around: readonly Container[], detail: string): RequestFault => ({
  in: 'body',
  at: pointerOf(around.map(({ reading }) => reading)),
  detail,
});

const nameMember = (name: string, around: readonly Container[]): readonly RequestFault[] => {
  const object = around.at(-1);
  if (!object?.members) return [];
  object.reading = name;
  // Some readers take it for the object's prototype, and the schemas leave it out without a word.
  if (name === '__proto__') return [faultAt(around, 'is not known here')];
  if (object.members.has(name)) return [faultAt(around, 'is given twice')];
  object.members.add(name);
  return [];
};

const nextItem = (around: readonly Container[]): void => {
  const array = around.at(-1);
  if (typeof array?.reading === 'number') array.reading += 1;
};

/** Enters, leaves, or walks on in the containers around a token; true where the token was no more than that. */
const walk = (current: string, around: Container[]): boolean => {
  if (current === '{') around.push({ members: new Set(), reading: '' });
  else if (current === '[') around.push({ reading: 0 });
  else if (current === '}' || current === ']') around.pop();
  else if (current === ',') nextItem(around);
  else return false;
  if (around.length > DEEPEST) throw malformed(`nested deeper than ${DEEPEST} levels`);
  return true;
};

/** What JSON allows and a ledger must not: a member named twice or `__proto__`, a number that is no plain integer, endless nesting. */
const faultsOf = (text: string): readonly RequestFault[] => {
  const faults: RequestFault[] = [];
  const around: Container[] = [];
  let previous = '';
  for (const [current] of text.matchAll(token)) {
    if (walk(current, around)) continue;
    if (current === ':') faults.push(...nameMember(JSON.parse(previous) as string, around));
    else if (!current.startsWith('"') && !plainInteger.test(current)) {
      faults.push(faultAt(around, `${current.slice(0, 40)} is not a plain integer`));
    }
    if (faults.length >= FAULTS_TOLD) break;
    previous = current;
  }
  return faults;
};

/**
 * Reads a request body so that every reader would read the same: UTF-8, each member once, integers as plain digits; with what
 * it found against the last two. Rejects with VALIDATION_FAILED where there is nothing to read.
 */
export const parseStrictJson = (
  body: Buffer,
): { readonly value: unknown; readonly faults: readonly RequestFault[] } => {
  if (!isUtf8(body)) throw malformed('is not UTF-8');
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('is not valid JSON');
  }
  return { value, faults: isPlain(text, value, DEEPEST) ? [] : faultsOf(text) };
};
