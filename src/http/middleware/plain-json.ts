const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const CAPITAL_E = 0x45;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const SMALL_E = 0x65;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

const isEscaped = (text: string, at: number): boolean => {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
};

const closingQuote = (text: string, opening: number): number => {
  let at = text.indexOf('"', opening + 1);
  while (isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at;
};

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

/** How many members the text names, or NaN where it has a number that may be no plain integer, or is nested deeper than that. */
const membersNamed = (text: string, deepest: number): number => {
  let members = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = closingQuote(text, at);
        break;
      case COLON:
        members += 1;
        break;
      case OPENING_BRACE:
      case OPENING_BRACKET:
        depth += 1;
        if (depth > deepest) return NaN;
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        depth -= 1;
        break;
      case POINT:
      case CAPITAL_E:
        return NaN;
      case SMALL_E:
        if (isDigit(text.charCodeAt(at - 1))) return NaN;
        break;
      case MINUS:
        if (text.charCodeAt(at + 1) === ZERO) return NaN;
        break;
    }
  }
  return members;
};

/** How many members the value has. A name given twice is one member. */
const membersKept = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) for (const item of value) members += membersKept(item);
  else for (const name in value) members += 1 + membersKept((value as Record<string, unknown>)[name]);
  return members;
};

// The underscore may be spelled as an escape.
const prototypeName = /__proto__|\\u005f/i;

/**
 * Whether JSON plainly has nothing that a strict reader would find, as nearly all has: each name once, integers as plain digits, no
 * `__proto__`, not too deep. Where it is not plain, a closer look must tell. `value` is what JSON.parse made of the text.
 */
export const isPlain = (text: string, value: unknown, deepest: number): boolean => {
  if (prototypeName.test(text)) return false;
  const named = membersNamed(text, deepest);
  // First that: what is nested too deep must not be walked through.
  return !Number.isNaN(named) && named === membersKept(value);
};
