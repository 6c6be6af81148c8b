import { hash } from 'node:crypto';
import { FileRefused } from './file-refused.ts';

/** SHA-256 over the chain of the line before and the line's own text: one of them stands for all that is in the file up to it. */
export type Chain = Buffer;

/** Before the first line. */
export const noChain: Chain = Buffer.alloc(0);

const BEFORE = '{"chain":"';
const CHAIN = 44;
const BEHIND = '",';

const next = (before: Chain, text: string): Chain =>
  hash('sha256', Buffer.concat([before, Buffer.from(text, 'utf8')]), 'buffer');

export type LineKind = 'ledger' | 'block' | 'end';

/** A line that says what it holds, behind the chain up to and including itself. */
export const chainedLine = (before: Chain, kind: LineKind, content: object): { text: string; chain: Chain } => {
  const own = `"${kind}":${JSON.stringify(content)}}`;
  const chain = next(before, own);
  return { text: `${BEFORE}${chain.toString('base64')}${BEHIND}${own}\n`, chain };
};

export type Line = { readonly number: number; readonly text: string };

const contentIn = ({ number, text }: Line, own: string, kind: LineKind): unknown => {
  try {
    return (JSON.parse(`{${own}`) as Readonly<Record<string, unknown>>)[kind];
  } catch {
    throw new FileRefused(number, `is no JSON: ${text.slice(0, 60)}`);
  }
};

/** What is in a line of this kind. Throws FileRefused where it is no such line, or the chain does not lead to it. */
export const readChained = (before: Chain, line: Line, kind: LineKind): { content: unknown; chain: Chain } => {
  const { number, text } = line;
  const own = text.slice(BEFORE.length + CHAIN + BEHIND.length);
  if (!text.startsWith(BEFORE) || !own.startsWith(`"${kind}":`)) {
    throw new FileRefused(number, `is not the ${kind} line that is due here: a line was dropped, added or swapped`);
  }
  const chain = next(before, own);
  if (text.slice(0, -own.length) !== `${BEFORE}${chain.toString('base64')}${BEHIND}`) {
    throw new FileRefused(
      number,
      'is not what was exported behind the lines before it: it was changed, or is not the next',
    );
  }
  return { content: contentIn(line, own, kind), chain };
};
