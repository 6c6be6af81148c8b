import { randomUUID } from 'node:crypto';
import { commands } from '../../src/http/commands.ts';
import { ApiClient, type Json, type Reply } from '../support/api.ts';

/** Whether the path is an address of this pattern, and the members that it carries. */
export const membersOf = (pattern: string, path: string): Json | undefined => {
  const found = new RegExp(`^${pattern.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(path);
  return found ? { ...found.groups } : undefined;
};

/** A client that sends every command as an atomic batch of one, and takes its answer out of the batch. */
export class BatchingClient extends ApiClient {
  override async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const [command] = Object.values(commands).filter((each) => membersOf(each.path, path));
    if (!command) return super.post(path, body, headers);
    const { 'Idempotency-Key': idempotencyKey = randomUUID(), 'If-Match': ifMatch } = headers;
    const claim = { type: command.type, idempotencyKey, ...(ifMatch !== undefined && { ifMatch }) };
    const batched = { ...claim, ...membersOf(command.path, path), ...(body as Json) };
    const reply = await super.post('/v1/batches', { mode: 'atomic', commands: [batched] });
    if (reply.status !== 200) return reply;
    const [result] = reply.body.results as [{ status: number; body: Json }];
    return { ...reply, ...result };
  }
}
