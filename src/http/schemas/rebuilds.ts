import { z } from 'zod';
import { isRebuildId, rebuildFailures, rebuildStatuses } from '../../application/rebuilds/rebuild-row.ts';
import { accountId } from './ids.ts';
import { timeOnWire } from './time.ts';
import { id, nextCursor } from './views.ts';

export const rebuildId = z
  .string()
  .refine(isRebuildId, 'must be the number of a rebuild')
  .meta({ description: 'The number of the rebuild: 1 for the first one.', example: '7' });

export const newRebuild = z
  .strictObject({ accountId: accountId.exactOptional().meta({ description: 'This account alone; left out: all.' }) })
  .meta({ id: 'NewRebuild' });

const count = z.int().min(0);

const difference = z
  .strictObject({
    readModel: z.string().meta({ description: 'The collection that is wrong.' }),
    accountId: z.string(),
    row: z.string().meta({ description: 'The id of the row.' }),
    kind: z.enum(['missing', 'unexpected', 'different']).meta({
      description: '`missing`: the events give a row that is not there; `unexpected`: no event gives it.',
    }),
    fields: z
      .array(z.strictObject({ field: z.string(), expected: z.string(), found: z.string() }))
      .meta({ description: 'What differs; texts that clients have written are withheld.' }),
  })
  .meta({ id: 'RebuildDifference' });

export const rebuildView = z
  .strictObject({
    rebuildId: id,
    status: z.enum(rebuildStatuses).meta({
      description:
        '`waiting` → `running` → `compared` → `switching` → `switched`; from each of them `cancelled` or `failed`. `compared`: what differs is known, ' +
        'and nothing was changed; `switch` puts it right, another rebuild or `cancel` gives it up.',
    }),
    accountId: id.optional().meta({ description: 'Left out: all accounts.' }),
    requestedBy: z.string(),
    requestedAt: timeOnWire,
    switchedBy: z.string().optional(),
    cancelledBy: z.string().optional(),
    startedAt: timeOnWire.optional(),
    finishedAt: timeOnWire.optional().meta({ description: 'When it came to the status that it has now.' }),
    progress: z.strictObject({
      events: z.strictObject({
        done: count,
        total: count.meta({ description: 'What there was when it began; more may come.' }),
      }),
      accounts: count.meta({ description: 'Accounts that were rebuilt.' }),
      rowsCompared: count,
    }),
    comparison: z
      .strictObject({
        differences: count.meta({ description: 'Rows that are not what the events give.' }),
        accounts: count.meta({ description: 'Accounts that they belong to.' }),
        first: z.array(difference).meta({ description: 'The first of them, at most 100.' }),
      })
      .optional(),
    mended: count.optional().meta({ description: 'Rows that the switch has put right.' }),
    failure: z
      .enum(rebuildFailures)
      .optional()
      .meta({
        description:
          'Why it failed. `INTERRUPTED`: the process that ran it was stopped, killed, or handed its duties on; `STORAGE_FORBIDDEN`: the database user may not ' +
          'write shadows or mend read models (`DAYBOOK_REBUILD_MONGODB_URI`); `WRONG_DATABASE`: that setting names another ledger; `STORAGE_UNAVAILABLE`; `DIFFERENCES_LEFT`: some rows differ after the switch ' +
          'all the same; `BROKEN_STREAM`: the events themselves are damaged (`npm run verify`); `INTERNAL_ERROR`: the log says more.',
      }),
  })
  .meta({ id: 'Rebuild' });

export const rebuildsView = z.strictObject({ rebuilds: z.array(rebuildView), nextCursor }).meta({ id: 'Rebuilds' });
