import type { ReadStream, WriteStream } from 'node:tty';
import { balanceCurve } from '../../application/replay/balance-curve.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { isForPeople, wordsOf } from '../../terminal.ts';
import { drawView } from './draw-view.ts';
import { type Intent, intentOf, type Key, withoutPrompt } from './keys.ts';
import type { Arrival, Navigator, Way } from './navigator.ts';
import { openScreen, type Screen } from './screen.ts';
import type { ViewState } from './view-state.ts';

type Wanted = Parameters<typeof balanceCurve>[1];

export type Terminal = { readonly input: ReadStream; readonly output: WriteStream };

/** A full-screen view of an account's history, for as long as somebody looks at it. */
export class View {
  readonly #screen: Screen;
  #state: ViewState;
  /** What is being looked for; keys that need something read wait for it. */
  #work: Promise<void> = Promise.resolve();
  #trip = new AbortController();
  #drawing = new AbortController();
  /** Which balances are being read. */
  #reading = '';
  #leave: () => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;
  /** Resolves when it is left, and rejects where something is wrong with the program. */
  readonly left: Promise<void>;

  constructor(
    private readonly navigator: Navigator,
    state: ViewState,
    { input, output }: Terminal,
  ) {
    this.#state = state;
    this.left = new Promise((resolve, reject) => {
      this.#leave = resolve;
      this.#fail = reject;
    });
    this.#screen = openScreen(input, output, {
      onKey: (key) => this.#press(key),
      onResize: () => this.#show(this.#state),
      onEnd: () => this.#leave(),
    });
    this.#show(state);
  }

  /** Gives the terminal back. */
  close(): void {
    this.#trip.abort();
    this.#drawing.abort();
    this.#screen.close();
  }

  #press(key: Key): void {
    const intent = intentOf(this.#state, key);
    if (intent) this.#follow(intent);
  }

  #follow(intent: Intent): void {
    switch (intent.kind) {
      case 'show':
        this.#show(intent.state);
        break;
      case 'quit':
        this.#leave();
        break;
      case 'interrupt':
        // The terminal says it with a key while the view has it; the rest is as for every script.
        process.kill(process.pid, 'SIGINT');
        break;
      case 'give up':
        this.#trip.abort();
        break;
      default:
        this.#draw(withoutPrompt(this.#state));
        this.#work = this.#work.then(() => this.#go(intent));
    }
  }

  async #go(way: Way): Promise<void> {
    this.#trip = new AbortController();
    const { signal } = this.#trip;
    const tell = (message: string): void => this.#draw({ ...this.#state, message });
    try {
      this.#arrive(await this.navigator.go(this.#state, way, { signal, tell }));
    } catch (error) {
      this.#say(error);
    }
  }

  /** Meanwhile somebody may have asked for help, or the balances may have been read. */
  #arrive(arrival: Arrival): void {
    const { message: _message, ...before } = this.#state;
    const { head, axis = before.axis } = arrival;
    const isSame = axis === before.axis && head.version === before.head.version;
    this.#show({ ...before, ...arrival, curve: isSame ? before.curve : [] });
  }

  /** Where the history is damaged, or the database away for a while, one stays where one is. */
  #say(error: unknown): void {
    if (isForPeople(error) || error instanceof DomainError) this.#draw({ ...this.#state, message: wordsOf(error) });
    else this.#fail(error);
  }

  #draw(state: ViewState): void {
    this.#state = state;
    this.#screen.draw(drawView(state, this.#screen.size(), this.#screen.paint));
  }

  #show(state: ViewState): void {
    this.#draw(state);
    const { columns } = this.#screen.size();
    const { head, axis, curve } = state;
    const wanted = `${axis} ${head.version} ${columns}`;
    if (curve.length === columns || wanted === this.#reading) return;
    this.#reading = wanted;
    void this.#readCurve({ head, axis, columns });
  }

  async #readCurve(wanted: Wanted): Promise<void> {
    this.#drawing.abort();
    this.#drawing = new AbortController();
    const { signal } = this.#drawing;
    try {
      const curve = await balanceCurve(this.navigator.storage, wanted, signal);
      if (curve && !signal.aborted) this.#draw({ ...this.#state, curve });
    } catch (error) {
      this.#say(error);
    } finally {
      // The next key tries again what failed.
      if (!signal.aborted) this.#reading = '';
    }
  }
}
