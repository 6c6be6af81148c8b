import { z } from 'zod';
import { streamProofView } from './journal-views.ts';
import { timeOnWire } from './time.ts';
import { balanceView, id, statementView, version } from './views.ts';

const ofEvents = version.meta({ description: 'How many events of the account count.' });

export const balanceProofView = z
  .strictObject({
    asked: z
      .strictObject({
        accountId: id,
        asOf: timeOnWire.optional(),
        knownAt: timeOnWire.optional(),
        version: ofEvents.optional(),
      })
      .meta({ description: 'The moment that was asked about, in full: both times, or a version.' }),
    balance: balanceView,
    proof: streamProofView,
  })
  .meta({ id: 'BalanceProof' });

export const statementProofView = z
  .strictObject({
    asked: z
      .strictObject({
        accountId: id,
        from: timeOnWire.optional(),
        to: timeOnWire.optional(),
        until: timeOnWire.optional().meta({ description: 'Where the statement ends, if that was not asked for.' }),
        version: ofEvents,
        order: z.enum(['asc', 'desc']),
        cursor: z.string().optional(),
      })
      .meta({ description: 'The page that was asked for, in full.' }),
    statement: statementView,
    proof: streamProofView,
  })
  .meta({ id: 'StatementProof' });
