import { no } from './problem-kind.ts';

/** What is said of who may do what, and of what two have to want. */
export const accessProblems = {
  UNAUTHENTICATED: no(
    401,
    'Nobody knows who asks',
    'Send `Authorization: Bearer`, with an API key or a token that is good now.',
  ),
  FORBIDDEN: no(
    403,
    'This caller may not do that',
    'Ask with a credential that has the `scope`, or leave out what `reason` names.',
  ),
  OWN_PROPOSAL: no(403, 'It is your own proposal', 'Have it approved or rejected by another principal, or cancel it.'),
  PROPOSAL_NOT_FOUND: no(404, 'No such proposal', 'Check the proposal id; `GET /v1/proposals` lists them.'),
  PROPOSAL_NOT_PENDING: no(
    409,
    'The proposal has ended',
    'Nothing: `proposalStatus` says how. If the money is still to move, propose it again.',
  ),
  APPROVAL_REQUIRED: no(
    422,
    'This amount needs approval',
    'Send the command by itself or in an independent batch: it is proposed then.',
  ),
};
