import { atMost, below } from '../report/finding.ts';
import { runMeasured, type ScriptRun } from './measured-script.ts';
import { counted, pastOf } from './past.ts';
import { type Stage, untilSealed } from './stage.ts';
import type { Verdict } from './verdict.ts';

const SECONDS_A_MILLION = 120;
/** Flat: what is ten times as long may take so much more memory. */
const MOST_TIMES = 1.25;

type Verified = { readonly run: ScriptRun; readonly sealed: number | undefined };

const verified = async (stage: Stage, events: number): Promise<Verified> => {
  const filled = await pastOf(stage, events);
  const server = await stage.api(filled);
  const sealed = await untilSealed(filled, stage);
  await server.stop();
  const head = await filled.database.collection('journal').findOne({}, { sort: { _id: -1 } });
  const run = await runMeasured(stage, filled, ['verify', '--key', String(head?.verifierKey)]);
  stage.report(
    `${counted(events)}: ${run.seconds.toFixed(1)} s, ${run.peakMemory.toFixed(0)} MB: ${run.stdout.trim()}`,
  );
  return { run, sealed };
};

const verdictsOf = (events: number, { run, sealed }: Verified): readonly Verdict[] => [
  ...(sealed === undefined ? [] : [{ what: `${counted(events)} sealed`, value: sealed, unit: 'events/s' }]),
  {
    what: `${counted(events)} verified`,
    value: run.seconds,
    unit: 's',
    target: below((SECONDS_A_MILLION * events) / 1_000_000),
  },
  { what: `${counted(events)} verified: exit code`, value: run.code ?? NaN, unit: '', target: atMost(0) },
];

/** Lets a ledger of a tenth and one of all these events be sealed, and verifies both. */
export const verify = async (stage: Stage, { events }: { readonly events: number }): Promise<readonly Verdict[]> => {
  const tenth = await verified(stage, events / 10);
  const whole = await verified(stage, events);
  const growth: Verdict = {
    what: `verifying: peak memory of ${counted(events)}, of that of ${counted(events / 10)}`,
    value: whole.run.peakMemory / tenth.run.peakMemory,
    unit: '×',
    target: atMost(MOST_TIMES),
  };
  return [...verdictsOf(events / 10, tenth).slice(0, 1), ...verdictsOf(events, whole), growth];
};
