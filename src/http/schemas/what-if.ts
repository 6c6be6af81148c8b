import { z } from 'zod';
import { commands } from '../commands.ts';
import { counted, triedCommand } from './batch.ts';
import { eventId } from './ids.ts';
import { holdReceiptView } from './hold-views.ts';
import { differenceView, sightView } from './moment-views.ts';
import { balance } from './money.ts';
import { knownAt } from './moment.ts';
import { timeOnWire } from './time.ts';
import {
  accountView,
  currency,
  id,
  problemView,
  receiptView,
  reversalView,
  transferView,
  uuid,
  version,
} from './views.ts';

/** Commands that are tried with one request, at most. */
export const MOST_TRIED = 100;

// What names something else in this place, and the first deposit, which is an event of its own.
const unchangeable = new Set(['eventId', 'accountId', 'initialDeposit']);

/** Whatever a command can say, whichever it is. */
const sayable = Object.fromEntries(
  Object.values(commands)
    .flatMap(({ body }) => Object.entries(body.shape as Readonly<Record<string, z.ZodType>>))
    .filter(([member]) => !unchangeable.has(member))
    .map(([member, schema]) => [member, schema.exactOptional()]),
);

const change = z
  .strictObject({ ...sayable, eventId })
  .refine((members) => Object.keys(members).length > 1, 'must have a member that is different')
  .meta({
    description:
      'The real history with another command behind this event: these members are different, the others as they were. A member ' +
      'that its command does not have is answered NOT_CHANGEABLE.',
  });

const instead = z.strictObject({ eventId, command: triedCommand }).meta({
  description: 'The real history with this command, which is about this account, in the place of this event.',
});

type Tries = { readonly [K in 'commands' | 'without' | 'change' | 'instead']?: unknown };

const isOneOf = ({ commands, without, change, instead }: Tries): boolean =>
  [commands, without, change, instead].filter((given) => given !== undefined).length === 1;

/** Which decisions are meant: those on what was known then. Members of a body. */
export const decisionMoment = {
  knownAt: knownAt.exactOptional().meta({ description: 'Decided at this moment, on what had been recorded by then.' }),
  version: z
    .int()
    .min(1)
    .exactOptional()
    .meta({ description: 'Decided right after the n-th event of the account. Not together with knownAt.' }),
};

/** That a moment is a version or a time, as arguments of `refine`. */
export const isOneDecisionMoment: [
  (body: { readonly knownAt?: unknown; readonly version?: unknown }) => boolean,
  { path: string[]; message: string },
] = [
  ({ knownAt, version }) => knownAt === undefined || version === undefined,
  { path: ['version'], message: 'cannot be combined with knownAt' },
];

export const whatIfBody = z
  .strictObject({
    ...decisionMoment,
    commands: z
      .preprocess(counted(MOST_TRIED), z.array(triedCommand).min(1, 'must be at least one command').max(MOST_TRIED))
      .exactOptional()
      .meta({
        description: `Up to ${MOST_TRIED} commands about this account, as in a batch; their keys mean nothing.`,
      }),
    without: eventId.exactOptional().meta({ description: 'The real history without this event.' }),
    change: change.exactOptional(),
    instead: instead.exactOptional(),
  })
  .refine(...isOneDecisionMoment)
  .refine(isOneOf, 'must have one of commands, without, change and instead')
  .meta({ id: 'WhatIf' });

export const triedView = z
  .strictObject({
    status: z.int(),
    body: z.union([receiptView, holdReceiptView, transferView, accountView, reversalView]).optional().meta({
      description: 'What the command would have been answered; its ids are made up.',
    }),
    problem: problemView.optional().meta({ description: 'Why it would have been refused.' }),
    account: sightView.meta({ description: 'The account behind it.' }),
  })
  .meta({ id: 'Tried' });

const dryRunView = z
  .strictObject({
    accountId: id,
    currency,
    decidedAt: timeOnWire,
    before: sightView,
    results: z.array(triedView).meta({ description: 'One for each command, in their order.' }),
    after: sightView,
    difference: differenceView,
  })
  .meta({ id: 'DryRun' });

const alteredEvent = z
  .strictObject({
    eventId: uuid,
    version,
    type: z.string(),
    amount: balance.optional().meta({ description: 'As it was booked: signed, credits are positive.' }),
    outcome: z.enum(['left_out', 'changed', 'kept', 'rejected']),
    problem: problemView.optional().meta({ description: 'Why it would have been refused.' }),
    real: sightView.meta({ description: 'The account behind it, as it was.' }),
    altered: sightView.optional().meta({
      description: 'The account behind it, as it would have been; left out where it would not have been opened.',
    }),
  })
  .meta({ id: 'AlteredEvent' });

const alteredHistoryView = z
  .strictObject({
    accountId: id,
    currency,
    events: z.array(alteredEvent).meta({ description: 'Every event from the altered one on.' }),
    real: sightView,
    altered: sightView.optional().meta({ description: 'Left out where the account would not have been opened.' }),
    difference: differenceView.optional(),
  })
  .meta({ id: 'AlteredHistory' });

export const whatIfView = z.union([dryRunView, alteredHistoryView]);
