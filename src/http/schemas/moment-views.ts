import { z } from 'zod';
import { balance } from './money.ts';
import { timeOnWire } from './time.ts';
import { currency, id, nextCursor, uuid, version } from './views.ts';

/** An account as it is seen from a moment. */
export const sightView = z
  .strictObject({
    asOf: timeOnWire.optional().meta({ description: 'As asked; absent: whatever the value date.' }),
    knownAt: timeOnWire.optional().meta({ description: 'As asked; absent: everything up to `version`.' }),
    version,
    status: z.enum(['active', 'frozen', 'closed']),
    ledgerBalance: balance,
    heldAmount: balance,
    availableBalance: balance,
    overdraftLimit: balance,
  })
  .meta({ id: 'Sight' });

const diffEventView = z
  .strictObject({
    eventId: uuid,
    version,
    type: z.string(),
    amount: balance.optional().meta({
      description: 'What it makes of the ledger balance on the way from `from` to `to`; absent where it books nothing.',
    }),
    countsIn: z.enum(['from', 'to']).meta({ description: 'It counts at this one of the two moments only.' }),
    reason: z.enum(['value_date_between', 'recorded_between']).meta({
      description: 'Known at both and dated between them, or recorded between them.',
    }),
    recordedAt: timeOnWire,
    effectiveAt: timeOnWire,
  })
  .meta({ id: 'DiffEvent' });

export const differenceView = z
  .strictObject({ ledgerBalance: balance, heldAmount: balance, availableBalance: balance, overdraftLimit: balance })
  .meta({ id: 'Difference', description: 'What `to` has more than `from`; signed, in minor units.' });

export const diffView = z
  .strictObject({
    accountId: id,
    currency,
    from: sightView,
    to: sightView,
    difference: differenceView,
    differs: z.array(z.string()).meta({ description: 'The members of the two moments that are not the same.' }),
    events: z.array(diffEventView),
    nextCursor,
  })
  .meta({ id: 'Diff' });
