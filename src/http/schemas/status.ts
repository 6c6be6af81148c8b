import { z } from 'zod';
import { audit } from './health-views.ts';
import { rebuildView } from './rebuilds.ts';
import { timeOnWire } from './time.ts';

export const statusView = z
  .strictObject({
    version: z.string().meta({ description: 'Of the release that this process runs.' }),
    startedAt: timeOnWire.meta({ description: 'When this process was started.' }),
    uptimeSeconds: z.int().min(0),
    isDraining: z.boolean().meta({ description: 'This process is being stopped: it is sent no new requests.' }),
    commandsWaiting: z.int().min(0).meta({ description: 'Commands in this process that have no outcome yet.' }),
    storage: z.strictObject({ kind: z.enum(['mongo', 'memory']), isReachable: z.boolean() }),
    migrations: z
      .strictObject({
        applied: z.int().min(0),
        expected: z.int().min(0).meta({ description: 'How many this release has.' }),
        missing: z.array(z.string()),
      })
      .optional(),
    committer: z
      .strictObject({
        machine: z.string(),
        host: z.string(),
        port: z.int().meta({ description: 'Where other processes hand their commands on, not the port of the API.' }),
        isThisProcess: z.boolean(),
      })
      .optional()
      .meta({ description: 'The process that commits for all, seals, audits and rebuilds. Left out: each does so.' }),
    journal: z
      .strictObject({
        position: z.int().min(0).meta({ description: 'Events in the journal.' }),
        lagMs: z.int().min(0).meta({ description: 'How long the first event has waited that is not sealed.' }),
      })
      .optional(),
    isSealingRefused: z.boolean().meta({
      description: 'Whether this process, where it seals, has found that the journal is not what was signed.',
    }),
    audit: z
      .strictObject({
        ...audit,
        walk: z.strictObject({ accounts: z.int().min(0), events: z.int().min(0) }).meta({
          description: 'What was audited since.',
        }),
      })
      .optional(),
    rebuild: rebuildView.optional().meta({ description: 'The last rebuild that was asked for.' }),
  })
  .meta({ id: 'Status' });
