import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

type Said = {
  readonly output?: string;
  readonly ended?: number;
  readonly canonical?: boolean;
  readonly echo?: boolean;
};

/** How a program left its terminal, and the code that it ended with; a signal is a number below zero. */
export type Ended = { readonly code: number; readonly canonical: boolean; readonly echo: boolean };

/** A program in a real terminal, with somebody who presses keys and reads the screen. */
export type PseudoTerminal = {
  readonly press: (keys: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  readonly signal: (name: 'SIGINT' | 'SIGTERM') => void;
  /** The lines on the screen now, without their colours. */
  readonly screen: () => readonly string[];
  /** Everything that was ever written to it, as it was written. */
  readonly written: () => string;
  /** Resolves when the screen says this, and gives it; rejects, showing it, where it does not within half a minute. */
  readonly shows: (text: string | RegExp) => Promise<readonly string[]>;
  readonly ended: Promise<Ended>;
};

const PATIENCE = 30_000;

const sequences = /\u001b\[[?0-9;]*[a-zA-Z]/g;

/** A view draws the whole screen each time, from its first corner on. */
const linesOf = (written: string): readonly string[] => {
  const frame = written.slice(written.lastIndexOf('\u001b[H') + 1);
  return `\u001b${frame}`.replaceAll(sequences, '').split('\r\n');
};

/** Starts a program in a terminal of this size, by the `pty` module of Python's standard library. */
export const inTerminal = (
  command: readonly string[],
  environment: Record<string, string>,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): PseudoTerminal => {
  const args = ['tests/support/pseudo-terminal.py', columns.toString(), rows.toString(), ...command];
  const driver = spawn('python3', args, {
    // Of a terminal that says that it is of a CI run, Node asks no colours.
    env: { ...process.env, CI: undefined, TERM: 'xterm-256color', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const bytes: Buffer[] = [];
  const written = (): string => Buffer.concat(bytes).toString();
  const ask = (request: object): void => {
    driver.stdin.write(`${JSON.stringify(request)}\n`);
  };
  const ended = new Promise<Ended>((resolve, reject) => {
    driver.once('error', reject);
    driver.once('close', () => {
      reject(new Error('the terminal is gone'));
    });
    createInterface(driver.stdout).on('line', (line) => {
      const { output, ended: code, canonical = false, echo = false } = JSON.parse(line) as Said;
      if (output !== undefined) bytes.push(Buffer.from(output, 'latin1'));
      if (code !== undefined) resolve({ code, canonical, echo });
    });
  });
  const screen = (): readonly string[] => linesOf(written());
  return {
    press: (keys) => ask({ keys }),
    resize: (width, height) => ask({ size: [width, height] }),
    signal: (name) => ask({ signal: name }),
    screen,
    written,
    shows: async (text) => {
      const start = Date.now();
      while (Date.now() - start < PATIENCE) {
        const lines = screen().join('\n');
        if (typeof text === 'string' ? lines.includes(text) : text.test(lines)) return screen();
        await sleep(20);
      }
      throw new Error(`The screen never said ${text.toString()}:\n${screen().join('\n')}`);
    },
    ended,
  };
};
