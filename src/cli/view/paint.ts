import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Puts a style on a text, or leaves it as it is where no colours are wanted. */
export type Paint = (style: Style, text: string) => string;

// Whether there are colours is decided once, by what the screen can show.
export const colours: Paint = (style, text) => styleText(style, text, { validateStream: false });

export const plain: Paint = (_style, text) => text;

// Controls, and what turns the direction of text around: what clients wrote must not move the cursor, nor hide anything.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

export const printable = (text: string): string => text.replaceAll(unprintable, '·');

const segmenter = new Intl.Segmenter();

/** What a reader takes for one character each. */
export const charactersOf = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);

/** No longer than this many characters. */
export const fit = (text: string, width: number): string => {
  const characters = charactersOf(text);
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
};

/** In lines of this many characters. */
export const wrap = (text: string, width: number): readonly string[] => {
  const characters = charactersOf(text);
  const lines = Math.max(1, Math.ceil(characters.length / width));
  return Array.from({ length: lines }, (_, line) => characters.slice(line * width, (line + 1) * width).join(''));
};

/** The parts one behind the other, as many in a line as fit into it. */
export const flow = (parts: readonly string[], width: number): readonly string[] => {
  const lines: string[] = [];
  for (const part of parts) {
    const line = lines.at(-1);
    const longer = line === undefined ? undefined : `${line} · ${part}`;
    if (longer !== undefined && charactersOf(longer).length <= width) lines.splice(-1, 1, longer);
    else lines.push(...wrap(part, width));
  }
  return lines;
};
