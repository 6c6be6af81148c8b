import { userInfo } from 'node:os';
import type { Act } from '../application/access/recorded-act.ts';
import { newId } from '../application/new-id.ts';

/** Whoever runs a script, as the access log has it. */
export const scriptAct = (script: string): Act => ({
  actor: `script:${userInfo().username}`,
  route: script,
  from: 'local',
  requestId: newId(),
});
