import { expect, it, vi } from 'vitest';
import type { Finding } from '../../../src/application/ports/finding.ts';
import { checkJournal } from '../../../src/journal/verify/check-journal.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { append } from '../../contract/fixture.ts';
import { blockOf } from '../../contract/journal-contract.ts';
import { newEventId, streamUpTo } from '../../support/recorded-events.ts';
import { newSigner, sealing } from '../../support/sealers.ts';

it('tells of a block that stands before the first one, where nobody walks', async () => {
  const storage = openMemoryStorage();
  const block = await blockOf(storage, [newEventId()]);
  await storage.journal.insert({ ...block, number: -1, firstPosition: -5, treeSize: 0 });
  const findings: Finding[] = [];
  await checkJournal(
    storage,
    { verifier: newSigner() },
    (finding) => findings.push(finding),
    () => undefined,
  );
  expect(findings).toEqual([
    {
      collection: 'journal',
      at: {},
      problem: 'has blocks outside of its numbered chain',
      expected: '0 blocks up to number 0',
      found: '1 blocks',
    },
  ]);
});

it('takes no tile for one of a journal without its end that a sealer has filled meanwhile', async () => {
  const storage = openMemoryStorage();
  const signer = newSigner();
  await sealing(storage, () => append(storage, streamUpTo('a', 300)), signer);
  const head = await storage.journal.head();
  const before = head && { ...head, treeSize: 200 };
  vi.spyOn(storage.journal, 'head').mockResolvedValueOnce(before).mockResolvedValueOnce(before);
  const findings: Finding[] = [];
  await checkJournal(
    storage,
    { verifier: signer },
    (finding) => findings.push(finding),
    () => undefined,
  );
  expect(findings).toEqual([]);
});
