import { isUtf8 } from 'node:buffer';
import { RequestError, type RequestFault } from '../problem-details.ts';

const DEEPEST = 16;

// Runs over text that JSON.parse has accepted, so each token is well-formed and everything between tokens is white space.
const token = /"(?:[^"\\]|\\.)*"|[{}[\]:]|-?\d[\d.eE+-]*/g;

const plainInteger = /^(?:0|-?[1-9]\d*)$/;

const malformed = (detail: string): RequestError =>
  new RequestError('VALIDATION_FAILED', [{ in: 'body', at: '', detail }]);

const escapeOf = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

const numberFaults = (digits: string): readonly RequestFault[] =>
  plainInteger.test(digits) ? [] : [{ in: 'body', at: '', detail: `${digits.slice(0, 40)} is not a plain integer` }];

const memberFaults = (name: string, members: Set<string> | undefined): readonly RequestFault[] => {
  if (!members?.has(name)) {
    members?.add(name);
    return [];
  }
  return [{ in: 'body', at: `/${escapeOf(name).slice(0, 80)}`, detail: 'is given twice' }];
};

/** What JSON allows and a ledger must not: a member named twice, a number that is no plain integer, endless nesting. */
const faultsOf = (text: string): readonly RequestFault[] => {
  const faults: RequestFault[] = [];
  const membersOf: Set<string>[] = [];
  let previous = '';
  for (const [current] of text.matchAll(token)) {
    if ('{['.includes(current)) membersOf.push(new Set());
    else if ('}]'.includes(current)) membersOf.pop();
    else if (current === ':') faults.push(...memberFaults(JSON.parse(previous) as string, membersOf.at(-1)));
    else if (!current.startsWith('"')) faults.push(...numberFaults(current));
    if (membersOf.length > DEEPEST) throw malformed(`nested deeper than ${DEEPEST} levels`);
    previous = current;
  }
  return faults;
};

/**
 * Reads a request body so that every reader would read the same: UTF-8, each member once, integers as plain digits.
 * Rejects with VALIDATION_FAILED, naming what is wrong.
 */
export const parseStrictJson = (body: Buffer): unknown => {
  if (!isUtf8(body)) throw malformed('is not UTF-8');
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('is not valid JSON');
  }
  const faults = faultsOf(text);
  if (faults.length > 0) throw new RequestError('VALIDATION_FAILED', faults);
  return value;
};
