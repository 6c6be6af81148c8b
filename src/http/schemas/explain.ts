import { z } from 'zod';
import { triedCommand } from './batch.ts';
import { sightView } from './moment-views.ts';
import { balance } from './money.ts';
import { timeOnWire } from './time.ts';
import { currency, id, nextCursor, uuid, version } from './views.ts';
import { decisionMoment, isOneDecisionMoment, triedView } from './what-if.ts';

const explainedEvent = z
  .strictObject({
    eventId: uuid,
    version,
    type: z.string(),
    amount: balance.optional().meta({ description: 'Signed: credits are positive; absent where nothing is booked.' }),
    recordedAt: timeOnWire,
    effectiveAt: timeOnWire,
  })
  .meta({ id: 'ExplainedEvent' });

export const explanationView = z
  .strictObject({
    accountId: id,
    currency,
    account: sightView,
    availableBalance: z
      .strictObject({
        rule: z.literal('ledgerBalance - heldAmount + overdraftLimit'),
        ledgerBalance: balance,
        heldAmount: balance,
        overdraftLimit: balance,
        termsVersion: version.meta({
          description: 'Held amount, overdraft limit and status are those right behind this event.',
        }),
      })
      .meta({ description: 'The rule of the available balance, and its terms.' }),
    start: z
      .strictObject({
        kind: z.enum(['snapshot', 'entry', 'opening']),
        version: z.int().min(0).meta({ description: 'Everything up to this event is in it; 0: nothing yet.' }),
        ledgerBalance: balance,
      })
      .meta({ description: 'The nearest place at which the ledger balance is known without looking further back.' }),
    events: z.array(explainedEvent).meta({ description: 'Their amounts, and the start, make the ledger balance.' }),
    nextCursor,
  })
  .meta({ id: 'Explanation' });

export const judgedBody = z
  .strictObject({ ...decisionMoment, command: triedCommand })
  .refine(...isOneDecisionMoment)
  .meta({ id: 'Judged' });

export const judgementView = z
  .strictObject({
    accountId: id,
    currency,
    decidedAt: timeOnWire,
    verdict: z.enum(['accepted', 'rejected']),
    code: z.string().optional().meta({ description: 'The rule that said no.' }),
    rules: z
      .array(
        z.strictObject({
          code: z.string(),
          title: z.string(),
          verdict: z.enum(['passed', 'rejected', 'not_reached']),
        }),
      )
      .meta({ description: 'Every rule of the command, in the order in which they are asked.' }),
    numbers: z
      .strictObject({
        amount: balance.optional(),
        effectiveAt: timeOnWire.optional(),
        openedAt: timeOnWire,
        account: sightView,
        largestBalance: balance,
      })
      .meta({ description: 'What the rules look at: the command, and the account before it.' }),
    result: triedView,
  })
  .meta({ id: 'Judgement' });
