import { z } from 'zod';
import { timeOnWire } from './time.ts';

const health = {
  checks: z.record(z.string(), z.enum(['ok', 'unavailable'])),
  commandsWaiting: z.int(),
};

const lagMs = z.int().min(0).meta({ description: 'How long the first event has waited that is not sealed.' });

export const readinessView = z
  .strictObject({
    status: z.enum(['ok', 'unavailable']),
    ...health,
    journal: z.strictObject({ lagMs }).optional(),
  })
  .meta({ id: 'Readiness' });

const drift = z.strictObject({
  readModel: z.string().meta({ description: 'The collection that is wrong; `events` where the stream itself is.' }),
  accountId: z.string(),
  version: z.int().optional().meta({ description: 'The version of the account at which it is wrong.' }),
  row: z.string().optional().meta({ description: 'The id of the row.' }),
  fields: z.array(z.string()).meta({ description: 'Its fields that differ.' }),
  problem: z.string(),
});

/** What the audit in the background has found. */
export const audit = {
  auditedAt: timeOnWire.optional().meta({ description: 'When all accounts had been audited last.' }),
  accounts: z.int().min(0).meta({ description: 'Accounts that were audited then.' }),
  passes: z.int().min(0).meta({ description: 'How often all accounts have been audited.' }),
  drift: z.array(drift).meta({ description: 'The first places that were not found mended yet.' }),
  driftCount: z.int().min(0).meta({ description: 'How many such places there are.' }),
};

const elsewhere = 'where callers are asked who they are, `/v1/admin/status` says it instead';

export const healthView = z
  .strictObject({
    status: z.enum(['ok', 'degraded', 'unavailable']).meta({
      description:
        '`degraded`: commands are taken, and events have not been sealed for more than a minute, or what there is must not be signed, or the audit has found drift.',
    }),
    ...health,
    journal: z
      .strictObject({
        position: z
          .int()
          .min(0)
          .optional()
          .meta({ description: `Events in the journal; ${elsewhere}.` }),
        lagMs,
        isRefused: z.boolean().meta({
          description:
            'Whether this process, where it is the one that seals, has found that the journal is not what was signed. The log says more.',
        }),
      })
      .optional(),
    audit: z
      .strictObject(audit)
      .partial({ accounts: true, passes: true, drift: true })
      .optional()
      .meta({
        description: `What the audit in the background has found. How many accounts there are, and which are wrong: ${elsewhere}.`,
      }),
  })
  .meta({ id: 'Health' });
