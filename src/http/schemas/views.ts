import { z } from 'zod';
import { domainErrorCodes } from '../../domain/domain-error.ts';
import { schemaVersions } from '../../domain/account/upcasters.ts';
import { balance } from './money.ts';
import { timeOnWire } from './time.ts';

export const id = z.string().min(1).max(64);
export const uuid = z.uuid();
export const currency = z.string().length(3).meta({ description: 'ISO 4217 alphabetic code.' });
export const version = z.int().min(1).meta({ description: 'How many events the account has; also its ETag.' });
const metadata = z.record(z.string(), z.string());

/** The account as the API shows it. */
export const accountView = z
  .strictObject({
    accountId: id,
    ownerId: id,
    currency,
    status: z.enum(['active', 'frozen', 'closed']),
    ledgerBalance: balance,
    heldAmount: balance,
    availableBalance: balance.meta({ description: 'Ledger balance − held + overdraft limit: what may be debited.' }),
    overdraftLimit: balance,
    version,
    openedAt: timeOnWire,
    updatedAt: timeOnWire,
    metadata,
  })
  .meta({ id: 'Account' });

export const balanceView = z
  .strictObject({
    accountId: id,
    currency,
    ledgerBalance: balance,
    heldAmount: balance,
    availableBalance: balance,
    version,
    asOf: timeOnWire,
    knownAt: timeOnWire,
  })
  .meta({ id: 'Balance' });

/** What every receipt has. */
export const receipt = {
  eventId: uuid,
  type: z.enum(['MoneyDeposited', 'MoneyWithdrawn', 'TransactionReversed']),
  accountId: id,
  transactionId: id.optional(),
  amount: balance,
  currency,
  ledgerBalance: balance,
  availableBalance: balance,
  version,
  recordedAt: timeOnWire,
  effectiveAt: timeOnWire,
};

export const receiptView = z.strictObject(receipt).meta({ id: 'Receipt' });

export const reversalView = z
  .strictObject({
    ...receipt,
    originalEventId: uuid,
    originalAmount: balance,
    reversedTotal: balance.meta({ description: 'Taken back of the original so far, this reversal included.' }),
    reason: z.string(),
    transferId: id.optional(),
    counterpart: z
      .strictObject({ eventId: uuid, accountId: id })
      .optional()
      .meta({ description: 'The reversal of the other leg, where the original was a transfer.' }),
  })
  .meta({ id: 'Reversal' });

export const transferView = z
  .strictObject({
    transferId: id,
    status: z.enum(['completed', 'partially_reversed', 'reversed']),
    amount: balance,
    reversedAmount: balance,
    currency,
    from: z.strictObject({
      accountId: id,
      eventId: uuid,
      version: version.optional().meta({ description: 'Left out for an owner who only received it.' }),
      ledgerBalance: balance.optional(),
      availableBalance: balance.optional(),
    }),
    to: z.strictObject({ accountId: id, eventId: uuid }),
    transactionId: id.optional(),
    reference: z.string().optional(),
    recordedAt: timeOnWire,
    effectiveAt: timeOnWire,
  })
  .meta({ id: 'Transfer', description: 'Both legs. Balances are those of the sender, when it has just been made.' });

export const eventView = z
  .strictObject({
    eventId: uuid,
    streamId: z.string(),
    version,
    type: z.enum(Object.keys(schemaVersions) as [string, ...string[]]),
    schemaVersion: z.int().min(1),
    data: z.record(z.string(), z.unknown()),
    metadata: z.strictObject({
      correlationId: z.string(),
      causationId: z.string(),
      actor: z.string(),
      command: z.string(),
      idempotencyKey: z.string().optional(),
      transactionId: z.string().optional(),
      approvedBy: z.string().optional().meta({
        description: 'Who approved it, where somebody had to: `causationId` is the proposal of `actor` then.',
      }),
    }),
    recordedAt: timeOnWire,
    effectiveAt: timeOnWire,
  })
  .meta({ id: 'Event' });

export const statementEntryView = z
  .strictObject({
    eventId: uuid,
    version,
    type: z.string(),
    amount: balance.meta({ description: 'Signed: credits are positive.' }),
    balanceAfter: balance.meta({ description: 'Behind this entry in the order by value date, then by version.' }),
    reference: z.string().optional(),
    counterparty: z.string().optional(),
    transactionId: id.optional(),
    transferId: id.optional(),
    originalEventId: uuid.optional(),
    recordedAt: timeOnWire,
    effectiveAt: timeOnWire,
  })
  .meta({ id: 'StatementEntry' });

export const nextCursor = z
  .string()
  .optional()
  .meta({ description: 'Ask again with it for what follows; absent at the end.' });

export const statementView = z
  .strictObject({
    accountId: id,
    currency,
    from: timeOnWire,
    to: timeOnWire,
    openingBalance: balance,
    closingBalance: balance,
    version: version.meta({ description: 'How many events of the account the statement knows.' }),
    entries: z.array(statementEntryView),
    nextCursor,
  })
  .meta({ id: 'Statement' });

export const accountsView = z.strictObject({ accounts: z.array(accountView), nextCursor }).meta({ id: 'Accounts' });
export const eventsView = z.strictObject({ events: z.array(eventView), nextCursor }).meta({ id: 'Events' });

const total = z
  .string()
  .regex(/^-?\d+$/)
  .meta({ description: 'In minor units, as decimal digits: a sum over many accounts.', example: '1050' });

const sums = {
  currency,
  debits: total,
  credits: total,
  balance: total.meta({ description: 'Debits − credits, in minor units, as decimal digits.', example: '-1050' }),
};

export const trialBalanceView = z
  .strictObject({
    asOf: timeOnWire,
    knownAt: timeOnWire,
    isBalanced: z.boolean(),
    totals: z.array(z.strictObject(sums)).meta({ description: 'Of all ledger accounts, for each currency.' }),
    ledgerAccounts: z.array(z.strictObject({ ledgerAccount: z.string(), ...sums })),
    nextCursor,
  })
  .meta({ id: 'TrialBalance' });
export const problemView = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Decide on this, never on the texts.', examples: [...domainErrorCodes] }),
    detail: z.string().meta({ description: 'What to do next.' }),
    retryable: z.boolean().meta({ description: 'Whether the very same request may be sent again, with its key.' }),
    requestId: z.string(),
    errors: z.array(z.strictObject({ in: z.string(), at: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });
