import type { Response } from 'express';
import { OwnAccounts } from '../application/access/own-accounts.ts';
import { OwnedDoor } from '../application/access/owned-door.ts';
import { ownedQueries } from '../application/access/owned-queries.ts';
import { AccessRefused, type Principal } from '../application/access/principal.ts';
import { accountIdOf } from '../domain/account/account-id.ts';
import type { JournalQueries } from '../journal/journal-queries.ts';
import type { Services } from './services.ts';
import { noteStranger } from './middleware/authentication.ts';

const forbidden = (): Promise<never> => Promise.reject(new AccessRefused('FORBIDDEN', { reason: 'not for owners' }));

/** Of the journal an owner sees what proves its own accounts. */
const ownedJournal = (journal: JournalQueries, own: OwnAccounts): JournalQueries => ({
  entriesBehind: forbidden,
  lastBlock: forbidden,
  proveInclusion: forbidden,
  proveConsistency: forbidden,
  standing: forbidden,
  proveStream: async (beginning) => {
    await own.mustBeOwn(accountIdOf(beginning.streamId));
    return journal.proveStream(beginning);
  },
});

/**
 * What an endpoint can reach for this principal. One that is bound to an owner reaches that owner's accounts and nothing else, whichever
 * endpoint it is: no endpoint asks for itself.
 */
export const servicesFor = (services: Services, { ownerId }: Principal, response: Response): Services => {
  if (ownerId === undefined) return services;
  const { access, ledger, queries, proposals, journal } = services;
  const onStranger = (about: string): void => noteStranger(access, response, about);
  const own = new OwnAccounts(ownerId, access.owners, onStranger);
  return {
    ...services,
    ledger: new OwnedDoor(ledger, own),
    queries: ownedQueries(queries, own),
    proposals: proposals.of({ ownerId, onStranger }),
    journal: ownedJournal(journal, own),
  };
};
