import type { KeyRefused } from '../application/access/key-keeper.ts';
import type { RebuildRefused } from '../application/rebuilds/rebuild-desk.ts';
import { no, type ProblemKind } from './problem-kind.ts';

export type AdminCode = KeyRefused['code'] | RebuildRefused['code'];

/** What an administrator can be told of keys and rebuilds. */
export const adminProblems: Readonly<Record<AdminCode, ProblemKind>> = {
  KEY_NOT_FOUND: no(404, 'No such API key', 'Check the prefix; `GET /v1/admin/keys` lists them.'),
  KEY_REVOKED: no(409, 'The API key is revoked', 'Make a new one.'),
  REBUILD_NOT_FOUND: no(404, 'No such rebuild', 'Check its number; `GET /v1/admin/rebuilds` lists them.'),
  REBUILD_UNDER_WAY: no(
    409,
    'A rebuild is under way',
    'Wait for the one that `rebuildId` names, or cancel it: one can be under way at a time.',
  ),
  REBUILD_NOT_COMPARED: no(
    409,
    'There is no comparison to switch on',
    'Switch while its status is `compared`; `rebuildStatus` says which it has.',
  ),
  REBUILD_ENDED: no(409, 'The rebuild has ended', 'Nothing: `rebuildStatus` says how it ended.'),
};
