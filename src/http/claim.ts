import type { Principal } from '../application/access/principal.ts';
import type { Command, Envelope, Wish } from '../application/commands/command.ts';
import type { TraceContext } from '../application/tracing/trace-context.ts';
import type { AccountId } from '../domain/account/account-id.ts';
import type { TransactionId } from '../domain/event/event-id.ts';
import type { Services } from './services.ts';

/** What a request asks for. */
export type Asked = {
  readonly wish: Wish;
  readonly transactionId?: TransactionId | undefined;
  /** The account that If-Match speaks of. */
  readonly accountId?: AccountId;
};

/** How a request names and limits what it asks for. */
export type Claim = {
  readonly requestId: string;
  /** Who asks: its keys are nobody else's. */
  readonly principal: Principal;
  /** Undefined where the command is only tried, as often as somebody likes. */
  readonly idempotency: Envelope['idempotency'] | undefined;
  /** If-Match: undefined where any version will do. */
  readonly versions: readonly number[] | undefined;
  /** Undefined where requests are not written down. */
  readonly span: TraceContext | undefined;
} & Pick<Envelope, 'proposable' | 'approves'>;

export const commandOf = (
  { wish, transactionId, accountId }: Asked,
  { requestId, principal, idempotency, versions, span, proposable, approves }: Claim,
  newEventId: Services['newEventId'],
): Command => ({
  wish,
  envelope: {
    correlationId: requestId,
    actor: principal.id,
    eventIds: [newEventId(), newEventId()],
    ...(idempotency && { idempotency }),
    ...(transactionId !== undefined && { transactionId }),
    ...(accountId !== undefined && versions && { expected: { accountId, versions } }),
    ...(span && { span }),
    ...(proposable && { proposable }),
    ...(approves && { approves }),
  },
});
