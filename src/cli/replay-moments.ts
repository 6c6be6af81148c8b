import { readFile } from 'node:fs/promises';
import { anybody } from '../application/access/principal.ts';
import { newId } from '../application/new-id.ts';
import type { Storage } from '../application/ports/storage.ts';
import type { Diff, DiffPosition } from '../application/queries/diff.ts';
import type { DiffEvent } from '../application/queries/diff-parts.ts';
import type { ExplainedEvent, ExplainPosition, Explanation } from '../application/queries/explain-balance.ts';
import type { Moment } from '../application/queries/find-account.ts';
import { queriesOver, type Queries } from '../application/queries/queries.ts';
import { systemClock } from '../compose.ts';
import type { AccountId } from '../domain/account/account-id.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { EventId } from '../domain/event/event-id.ts';
import { parseStrictJson } from '../http/middleware/strict-json.ts';
import { presentDiff } from '../http/presenters/diff.ts';
import { presentExplanation } from '../http/presenters/explain.ts';
import { problemByCode, RequestError } from '../http/problem-details.ts';
import { whatIfBody } from '../http/schemas/what-if.ts';
import { answerWhatIf } from '../http/what-if.ts';
import { UserError, wordsOf } from '../terminal.ts';
import { alteredLines, amount, eventLines, refusedText, type Shown, sightLines, stepLines } from './moment-text.ts';
import { toJson } from './script.ts';

type Asked = { readonly accountId: AccountId; readonly moment: Moment; readonly json: boolean };

const AT_ONCE = 1_000;

type Page<Event, Position> = { readonly events: readonly Event[]; readonly next?: Position };

/** The terminal has no pages: all of them as one. */
const whole = async <Event, Position, P extends Page<Event, Position>>(
  read: (page: { readonly limit: number; readonly after?: Position }) => Promise<P>,
): Promise<P> => {
  let page = await read({ limit: AT_ONCE });
  const events = [...page.events];
  while (page.next) {
    page = await read({ limit: AT_ONCE, after: page.next });
    events.push(...page.events);
  }
  return { ...page, events };
};

/** What the API answers, in words where it is a rejection. Rejects with UserError. */
const inWords = async (asked: Promise<Shown>): Promise<Shown> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DomainError) {
      const { title, next } = problemByCode[error.code];
      throw new UserError(`${error.code}: ${title}. ${next}`);
    }
    if (error instanceof RequestError) {
      throw new UserError(error.faults.map(({ at, detail }) => `${at} ${detail}`.trim()).join('\n'));
    }
    throw error;
  }
};

const show = (answer: Shown, json: boolean, lines: (currency: string) => readonly string[]): number => {
  console.log(json ? toJson(answer) : lines(answer.currency as string).join('\n\n'));
  return 0;
};

const over = (storage: Storage): Queries => queriesOver(storage, systemClock);

/** The account at a moment, and the events behind its balance. */
export const showMoment = async (storage: Storage, { accountId, moment, json }: Asked): Promise<number> => {
  const { explainBalance } = over(storage);
  const explained = whole<ExplainedEvent, ExplainPosition, Explanation>((page) =>
    explainBalance(accountId, { moment, ...page }),
  );
  const answer = await inWords(explained.then((found) => presentExplanation(found, moment, undefined)));
  const { kind, version, ledgerBalance } = answer.start as Shown;
  return show(answer, json, (currency) => [
    sightLines({ account: answer.account }, currency),
    `from the ${String(kind)} at version ${String(version)}, balance ${amount(ledgerBalance, currency)}, and on from there:`,
    eventLines(answer.events as readonly Shown[], currency),
  ]);
};

/** The account at two moments, and the events that make the difference. */
export const showDiff = async (
  storage: Storage,
  { accountId, moment: to, json }: Asked,
  from: Moment,
): Promise<number> => {
  const { readDiff } = over(storage);
  const compared = whole<DiffEvent, DiffPosition, Diff>((page) => readDiff(accountId, { from, to, ...page }));
  const answer = await inWords(compared.then((found) => presentDiff(found, { from, to }, undefined)));
  return show(answer, json, (currency) => [
    sightLines({ from: answer.from, to: answer.to }, currency),
    eventLines(answer.events as readonly Shown[], currency, 'countsIn', 'reason'),
  ]);
};

/** Rejects with UserError. */
const strictJsonIn = async (file: string): Promise<ReturnType<typeof parseStrictJson>> => {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UserError(`${file} cannot be read: ${wordsOf(error)}.`);
  });
  try {
    return parseStrictJson(bytes);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    throw new UserError(`${file} ${error.faults.map(({ detail }) => detail).join(', ')}.`);
  }
};

/** The body of a what-if in a file, with the moment that the options name where they name one. Rejects with UserError. */
const bodyIn = async (file: string, { asOf, ...known }: Moment): Promise<ReturnType<typeof whatIfBody.parse>> => {
  if (asOf !== undefined)
    throw new UserError('Commands are decided on all that is known: --as-of means nothing to them.');
  const { value, faults } = await strictJsonIn(file);
  const parsed = whatIfBody.safeParse(value);
  const wrong = [
    ...faults.map(({ at, detail }) => `${at} ${detail}`),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `/${path.map(String).join('/')} ${message}`),
  ];
  if (!parsed.success || faults.length > 0) throw new UserError(`${file}:\n${wrong.join('\n')}`);
  return { ...parsed.data, ...known };
};

/** What would have become of the account, had what is in the file happened. */
export const showWhatIf = async (
  storage: Storage,
  { accountId, moment, json }: Asked,
  file: string,
): Promise<number> => {
  const services = { queries: over(storage), newEventId: () => newId() as EventId };
  const body = await bodyIn(file, moment);
  const about = { accountId, principal: anybody, requestId: newId() };
  const answer = await inWords(answerWhatIf(body, services, about));
  const { before, after, real, altered, results } = answer;
  if (results)
    return show(answer, json, (currency) => [
      stepLines(results as readonly Shown[], currency),
      sightLines({ before, after }, currency),
    ]);
  const events = answer.events as readonly Shown[];
  return show(answer, json, (currency) => [
    alteredLines(events, currency),
    refusedText(events),
    sightLines({ real, ...(altered !== undefined && { altered }) }, currency),
  ]);
};
