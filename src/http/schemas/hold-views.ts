import { z } from 'zod';
import { balance } from './money.ts';
import { timeOnWire } from './time.ts';
import { currency, id, nextCursor, receipt } from './views.ts';

export const holdStatus = z.enum(['placed', 'captured', 'released', 'expired']);

/** A hold as the API shows it. */
export const holdView = z
  .strictObject({
    holdId: id,
    accountId: id,
    amount: balance,
    currency,
    status: holdStatus.meta({ description: 'Open while it is `placed`; every other is for good.' }),
    capturedAmount: balance.meta({
      description: 'What was captured of it; a reversal of the capture leaves it alone.',
    }),
    reference: z.string().optional(),
    metadata: z.record(z.string(), z.string()).optional(),
    expiresAt: timeOnWire.optional().meta({ description: 'Absent: it stays until it is captured or released.' }),
    placedAt: timeOnWire,
    endedAt: timeOnWire.optional(),
  })
  .meta({ id: 'Hold' });

export const holdsView = z.strictObject({ holds: z.array(holdView), nextCursor }).meta({ id: 'Holds' });

export const holdReceiptView = z
  .strictObject({
    ...receipt,
    type: z.enum(['HoldPlaced', 'HoldCaptured', 'HoldReleased']),
    amount: balance.meta({ description: 'What was placed, captured or released.' }),
    holdId: id,
    heldAmount: balance.meta({ description: 'What all open holds of the account reserve now.' }),
  })
  .meta({ id: 'HoldReceipt' });
