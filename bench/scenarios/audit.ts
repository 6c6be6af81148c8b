import { ledger, withoutAudit } from '../servers/contender.ts';
import { onMany } from './deposits.ts';
import { clean, share, slower } from './findings.ts';
import type { Scenario } from './scenario.ts';

const [audited, alone] = [onMany(ledger), onMany(withoutAudit)];

/** The audit in the background makes way for commands: so it should cost them next to nothing. */
export const audit: Scenario = {
  name: 'audit',
  about: 'deposits on 1,000 accounts, 64 connections, with the audit in the background and without',
  steps: [
    {
      lines: [audited, alone],
      findings: [share(audited, alone, 0.98), slower(audited, alone, { at: 0.99 }), clean(audited)],
    },
  ],
};
