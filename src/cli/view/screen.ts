import { emitKeypressEvents } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Key } from './keys.ts';
import { colours, type Paint, plain } from './paint.ts';
import type { Size } from './view-state.ts';

// xterm's control sequences: the other screen, cursor and line wrapping off; and everything as it was.
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const TO_THE_TOP = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

export type Screen = {
  readonly size: () => Size;
  readonly paint: Paint;
  readonly draw: (lines: readonly string[]) => void;
  /** Gives the terminal back as it was; twice does no harm. */
  readonly close: () => void;
};

export type OnScreen = {
  readonly onKey: (key: Key) => void;
  readonly onResize: () => void;
  /** The terminal is gone. */
  readonly onEnd: () => void;
};

type Pressed = { readonly name?: string; readonly ctrl?: boolean; readonly meta?: boolean; readonly sequence?: string };

// The first character of every control sequence, and other keys that have no character.
const isCharacter = (text: string | undefined): text is string => text !== undefined && !/\p{Cc}/u.test(text);

const keyOf = (text: string | undefined, { name, ctrl, meta }: Pressed): Key => ({
  name,
  ctrl,
  ...(isCharacter(text) && !ctrl && !meta && { text }),
});

/**
 * Takes the whole terminal, and gives it back however the process ends. Keys and new sizes are told; `isTTY` of both is for the
 * caller to see.
 */
export const openScreen = (input: ReadStream, output: WriteStream, { onKey, onResize, onEnd }: OnScreen): Screen => {
  const press = (text: string | undefined, pressed: Pressed): void => onKey(keyOf(text, pressed));
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    process.off('exit', close);
    input.off('keypress', press).off('end', onEnd).off('error', onEnd).pause();
    output.off('resize', onResize);
    input.setRawMode(false);
    output.write(LEAVE);
  };
  process.once('exit', close);
  emitKeypressEvents(input);
  input.setRawMode(true);
  input.on('keypress', press).once('end', onEnd).once('error', onEnd).resume();
  output.on('resize', onResize);
  output.write(ENTER);
  return {
    size: () => ({ columns: output.columns, rows: output.rows }),
    paint: output.hasColors() ? colours : plain,
    draw: (lines) => {
      if (isOpen) output.write(TO_THE_TOP + lines.map((line) => line + REST_OF_LINE).join('\r\n') + REST_OF_SCREEN);
    },
    close,
  };
};
