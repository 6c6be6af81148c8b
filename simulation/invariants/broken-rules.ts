import type { Storage } from '../../src/application/ports/storage.ts';
import { Findings } from '../../src/application/verify/findings.ts';
import { checkStrangers } from '../../src/application/verify/check-strangers.ts';
import { checkStreams } from '../../src/application/verify/check-streams.ts';
import { atOnce } from '../../src/application/verify/verify-parts.ts';
import { projections } from '../../src/projections/index.ts';
import { verifyJournal } from '../../tests/support/verify-journal.ts';
import { verifyLedger } from '../../tests/support/verify-ledger.ts';
import type { Attempt } from '../clients.ts';
import type { Witnessed } from '../witness.ts';
import { brokenPromises } from './promises.ts';
import { brokenBooks } from './books.ts';
import { brokenOrder } from './order.ts';
import { brokenSeries } from './serial.ts';

/** Everything that is left of a simulation when it is over. */
export type Evidence = {
  readonly storage: Storage;
  readonly log: readonly Witnessed[];
  readonly attempts: readonly Attempt[];
  readonly trace: readonly string[];
  /** How far any wall clock was ahead at any time. */
  readonly clockErrors: readonly number[];
  /** By every wall clock, and no clock was ever ahead of it. */
  readonly now: number;
};

/** What the product's own verification says. */
const foundByVerify = async (storage: Storage): Promise<readonly string[]> => {
  const findings = new Findings();
  await checkStreams({ storage, projections }, findings.tell, () => undefined);
  await checkStrangers(storage, findings.tell, atOnce);
  return findings.first.map(
    (finding) => `verify: ${finding.collection} ${JSON.stringify(finding.at)} ${finding.problem}`,
  );
};

const falseAlarms = ({ trace }: Evidence): readonly string[] =>
  trace.filter((line) => line.includes('the audit has found')).map((line) => `the audit cried out: ${line}`);

/** Every rule of the ledger that does not hold, each as a sentence. */
export const brokenRules = async (evidence: Evidence): Promise<readonly string[]> => {
  const { storage } = evidence;
  const { faults } = await verifyLedger(storage);
  return [
    ...(await brokenPromises(evidence)),
    ...faults,
    ...(await brokenSeries(evidence)),
    ...(await brokenBooks(evidence)),
    ...(await verifyJournal(storage)),
    ...(await brokenOrder(evidence)),
    ...(await foundByVerify(storage)),
    ...falseAlarms(evidence),
  ];
};
