import { InvalidArgumentError } from 'commander';
import type { Search } from '../../application/replay/search-history.ts';
import type { Instant } from '../../domain/time/instant.ts';
import { time, version } from '../moment-option.ts';
import { charactersOf } from './paint.ts';
import type { Question, ViewState } from './view-state.ts';

/** A key as the terminal says it; `name` where it is one that has no character, or may be one. */
export type Key = {
  readonly name?: string | undefined;
  readonly text?: string | undefined;
  readonly ctrl?: boolean | undefined;
};

/** What somebody wants who presses a key. */
export type Intent =
  | { readonly kind: 'move'; readonly by: number }
  | { readonly kind: 'end'; readonly direction: 'asc' | 'desc' }
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'time'; readonly time: Instant }
  | { readonly kind: 'search'; readonly text: string; readonly direction: Search['direction'] }
  | { readonly kind: 'axis' }
  /** Only what is shown changes: nothing needs to be read. */
  | { readonly kind: 'show'; readonly state: ViewState }
  | { readonly kind: 'give up' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'interrupt' };

export const HELP = `Stepping through the history of an account.
Nothing is changed by it.

→ l / ← h      one event on, or back
PgDn / PgUp    ten events on, or back
End / Home     the last event, as it is now, or the first
g              go to a version
t              go to a time: the last event by then;
               2026-03-15T14:47:00Z, or 2026-03-15 for midnight
/              search for a type, a reference, an id, or
               anything else that an event says
n / N          the next event with it, or the one before
a              the other axis of time
Enter          the event whole, as JSON
?              this page
Esc            back; it gives a search up, too
q              quit

As recorded: the chart runs from the first event to the
last, and shows the account right behind each event.

By value date: the chart runs over time, and shows the
account as it is seen from that value date today, with all
that was recorded since. Only events that book money are
stepped on.

The chart has one balance for each column. ▲ is where you
stand; what is below zero is red.`;

const SCROLLED_AT_ONCE = 10;
const FAR = 10;

const show = (state: ViewState, changed: Partial<ViewState>): Intent => {
  const { message: _message, ...others } = state;
  return { kind: 'show', state: { ...others, ...changed } };
};

export const withoutPrompt = ({ prompt: _prompt, ...others }: ViewState): ViewState => others;

const ask =
  (question: Question) =>
  (state: ViewState): Intent =>
    show(state, { prompt: { question, text: '' }, panel: 'chart' });

const again =
  (direction: Search['direction']) =>
  (state: ViewState): Intent =>
    state.searched === undefined ? ask('search')(state) : { kind: 'search', text: state.searched, direction };

const move = (by: number) => (): Intent => ({ kind: 'move', by });

const open =
  (panel: ViewState['panel']) =>
  (state: ViewState): Intent =>
    show(state, { panel: state.panel === panel ? 'chart' : panel, scrolled: 0 });

/** Keys by the character that they give, or by their name. */
const steps: Readonly<Record<string, (state: ViewState) => Intent>> = {
  right: move(1),
  l: move(1),
  left: move(-1),
  h: move(-1),
  pagedown: move(FAR),
  pageup: move(-FAR),
  home: () => ({ kind: 'end', direction: 'asc' }),
  end: () => ({ kind: 'end', direction: 'desc' }),
  g: ask('version'),
  t: ask('time'),
  '/': ask('search'),
  n: again('forward'),
  N: again('backward'),
  a: () => ({ kind: 'axis' }),
  return: open('event'),
  enter: open('event'),
  '?': open('help'),
  escape: (state) => (state.panel === 'chart' ? { kind: 'give up' } : show(state, { panel: 'chart' })),
  q: () => ({ kind: 'quit' }),
};

const scroll =
  (by: number) =>
  (state: ViewState): Intent =>
    show(state, { scrolled: Math.max(0, state.scrolled + by) });

const scrolling: typeof steps = {
  down: scroll(1),
  up: scroll(-1),
  pagedown: scroll(SCROLLED_AT_ONCE),
  pageup: scroll(-SCROLLED_AT_ONCE),
};

const dateOnly = /^\d{4}-\d\d-\d\d$/;

const answered = (question: Question, text: string): Intent => {
  if (question === 'version') return { kind: 'version', version: version(text) };
  if (question === 'time') return { kind: 'time', time: time(dateOnly.test(text) ? `${text}T00:00:00Z` : text) };
  return { kind: 'search', text, direction: 'forward' };
};

const answer = (state: ViewState, question: Question, text: string): Intent => {
  if (text === '') return show(withoutPrompt(state), {});
  try {
    return answered(question, text);
  } catch (error) {
    if (error instanceof InvalidArgumentError) return show(withoutPrompt(state), { message: error.message });
    throw error;
  }
};

const typed = (state: ViewState, { question, text }: NonNullable<ViewState['prompt']>, key: Key): Intent => {
  if (key.name === 'return' || key.name === 'enter') return answer(state, question, text.trim());
  if (key.name === 'escape') return show(withoutPrompt(state), {});
  const longer = key.ctrl ? text : text + (key.text ?? '');
  const changed = key.name === 'backspace' ? charactersOf(text).slice(0, -1).join('') : longer;
  return show(state, { prompt: { question, text: changed } });
};

const pressed = (state: ViewState, { name = '', text = name }: Key): Intent | undefined => {
  const step = (state.panel === 'chart' ? undefined : scrolling[text]) ?? steps[text];
  return step?.(state);
};

/** What a key means on a screen; undefined where it means nothing. */
export const intentOf = (state: ViewState, key: Key): Intent | undefined => {
  if (key.ctrl && key.name === 'c') return { kind: 'interrupt' };
  if (state.prompt) return typed(state, state.prompt, key);
  return key.ctrl ? undefined : pressed(state, key);
};
