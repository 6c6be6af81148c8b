import { no } from './problem-kind.ts';

/** What is said about API keys, proposals, and what has to be one. */
export const accessProblems = {
  OWN_PROPOSAL: no(403, 'It is your own proposal', 'Have it approved or rejected by another principal, or cancel it.'),
  PROPOSAL_NOT_FOUND: no(404, 'No such proposal', 'Check the proposal id; `GET /v1/proposals` lists them.'),
  KEY_NOT_FOUND: no(404, 'No such API key', 'Check the prefix; `GET /v1/admin/keys` lists them.'),
  PROPOSAL_NOT_PENDING: no(
    409,
    'The proposal has ended',
    'Nothing: `proposalStatus` says how. If the money is still to move, propose it again.',
  ),
  KEY_REVOKED: no(409, 'The API key is revoked', 'Make a new one.'),
  APPROVAL_REQUIRED: no(
    422,
    'This amount needs approval',
    'Send the command by itself or in an independent batch: it is proposed then.',
  ),
};
