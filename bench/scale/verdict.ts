import { type Finding, isMet, type Target } from '../report/finding.ts';

/** One figure, and what it should be. */
export type Verdict = {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: Target;
};

const figure = (value: number): string =>
  Number.isInteger(value)
    ? value.toLocaleString('en')
    : value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 1 });

/** In one line: whether the target was met, what was measured, and what was hoped for. */
export const verdictLine = (verdict: Verdict): string => {
  const { what, value, unit, target } = verdict;
  const met = isMet({ value, ...(target && { target }) } as Finding);
  const word = met === undefined ? '      ' : met ? 'met   ' : 'MISSED';
  const hope = target ? ` (${target.relation} ${figure(target.value)})` : '';
  return `${word}  ${what}: ${figure(value)} ${unit}${hope}`;
};
