import { Connection } from './connection.ts';
import { forEachOnConnections } from './connections.ts';
import { CannotLoad, type LoadPlan } from './load-plan.ts';
import type { Performer } from './performer.ts';
import { openingOf } from './requests.ts';
import { settle } from './settle.ts';

const WORKERS = 32;

const isAboutCertificates = (reason: string): boolean => /CERT|SIGNATURE|CHAIN/.test(reason);

const unreachable = ({ url }: LoadPlan, reason: string): CannotLoad =>
  isAboutCertificates(reason)
    ? new CannotLoad(
        `The certificate of ${url.href} is not trusted (${reason}). Name its authority in NODE_EXTRA_CA_CERTS.`,
      )
    : new CannotLoad(
        `Nobody answers at ${url.href} (${reason}). Start the API with npm start, or name another with --url.`,
      );

const reached = async (plan: LoadPlan): Promise<void> => {
  const connection = new Connection(plan);
  const answer = await connection.send({ method: 'GET', path: '/health/ready' });
  connection.close();
  if (answer.status === 200) return;
  if (answer.status === undefined) throw unreachable(plan, answer.reason);
  const what = answer.status === 503 ? 'is not ready' : 'does not look like Daybook';
  throw new CannotLoad(`What answers at ${plan.url.href} ${what}: GET /health/ready gave ${answer.status}.`);
};

const refusal = ({ url }: LoadPlan, code: string): CannotLoad => {
  const advice = /^40[13]/.test(code) ? ' Give a key that may open accounts with --api-key.' : '';
  return new CannotLoad(`The Daybook at ${url.href} opens no account for this load: ${code}.${advice}`);
};

/**
 * Opens the accounts of the run with their first money. Rejects with CannotLoad where the server cannot be reached, or an
 * account is not opened; and where the signal comes before all are open.
 */
export const openAccounts = async (
  { plan, names, tally, random }: Performer,
  signal: AbortSignal,
  opened: () => void,
): Promise<void> => {
  await reached(plan);
  const { accounts: items, retryFor } = plan;
  await forEachOnConnections(plan, { workers: WORKERS, items }, async (connection, account) => {
    if (signal.aborted) throw new CannotLoad('Stopped before all accounts were open: there is nothing to report.');
    // The answers to openings are no part of the load, but what was retried on the way shall not be hidden.
    const witness = { answered: () => undefined, retried: () => tally.retried() };
    const outcome = await settle(connection, openingOf(plan, names, account), { retryFor, random }, witness);
    if (outcome.kind !== 'acknowledged') throw refusal(plan, outcome.code);
    opened();
  });
};
