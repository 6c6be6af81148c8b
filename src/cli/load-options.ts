import { InvalidArgumentError } from 'commander';
import { CannotLoad, type LoadPlan, type Pacing } from '../load/load-plan.ts';

export type Options = {
  readonly url: URL;
  readonly apiKey?: string;
  readonly duration: number;
  readonly rate?: number;
  readonly workers?: number;
  readonly accounts: number;
  readonly hotAccountRatio: number;
  readonly hotSelectionRate: number;
  readonly readRatio: number;
  readonly transferRatio: number;
  readonly initialDeposit: number;
  readonly currency: string;
  readonly seed?: number;
  readonly timeout: number;
  readonly retryFor: number;
  readonly json?: true;
};

export const DEFAULT_WORKERS = 32;

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

export const address = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('Give an address such as http://127.0.0.1:3000 or https://ledger.example.com.');
  }
  return url;
};

export const duration = (text: string): number => {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const length = Number(number) * (milliseconds[unit] ?? 0);
  if (!(length > 0)) throw new InvalidArgumentError('Give a number with a unit, such as 30s, 2m, 500ms or 1h.');
  return length;
};

export const ratio = (text: string): number => {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('Give a share from 0 to 1, such as 0.2.');
  return value;
};

export const rate = (text: string): number => {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value <= 1_000_000)) throw new InvalidArgumentError('Give requests a second, above 0.');
  return value;
};

export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
    }
    return value;
  };

export const currency = (text: string): string => {
  if (!/^[A-Z]{3}$/.test(text)) throw new InvalidArgumentError('Give an ISO 4217 code in capitals, such as EUR.');
  return text;
};

const pacingOf = ({ rate: perSecond, workers = DEFAULT_WORKERS }: Options): Pacing =>
  perSecond === undefined ? { kind: 'closed', workers } : { kind: 'open', perSecond };

/** Rejects with CannotLoad where the options do not go together. */
export const planOf = (options: Options, chance: { readonly runId: string; readonly seed: number }): LoadPlan => {
  const { rate: _rate, workers: _workers, json: _json, seed = chance.seed, ...rest } = options;
  if (rest.accounts === 1 && rest.transferRatio > 0) {
    throw new CannotLoad('A transfer needs two accounts: give --accounts 2 or more, or --transfer-ratio 0.');
  }
  return { ...rest, pacing: pacingOf(options), seed, runId: chance.runId };
};
