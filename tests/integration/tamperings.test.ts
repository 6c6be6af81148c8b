import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Findings } from '../../src/application/verify/findings.ts';
import { checkLedger } from '../../src/cli/check-ledger.ts';
import { findingText } from '../../src/cli/finding-text.ts';
import { openCheckpoint } from '../../src/journal/checkpoint.ts';
import { readVerifierKey } from '../../src/journal/signed-note.ts';
import type { Witness } from '../../src/journal/verify/check-block.ts';
import { randomAt } from '../../src/load/random.ts';
import { fillBooks } from '../support/books-to-verify.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { sealing } from '../support/sealers.ts';
import { Tamperer } from '../support/tampering.ts';

// More of them: VERIFY_TAMPERINGS=2500 VERIFY_SEED=7 npx vitest run tests/integration/tamperings.test.ts
const TAMPERINGS = Number(process.env.VERIFY_TAMPERINGS ?? 50);
const SEED = Number(process.env.VERIFY_SEED ?? 1);

// The fewest that fill a tile of the journal and a snapshot.
const ROUNDS = 45;

const noBar = () => ({ advance: () => undefined, stop: () => undefined });

describe('a ledger that was tampered with', { timeout: 3_600_000 }, () => {
  let database: TestDatabase;
  let witness: Witness;

  beforeAll(async () => {
    database = await openTestDatabase();
    await sealing(database.storage, () => fillBooks(database.storage, { rounds: ROUNDS }));
    const head = await database.storage.journal.head();
    const verifier = readVerifierKey(head?.verifierKey ?? '');
    witness = { verifier, since: openCheckpoint(head?.checkpoint ?? '', verifier) };
  });

  afterAll(() => database.drop());

  const sentences = async (): Promise<readonly string[]> => {
    const findings = new Findings();
    await checkLedger(database.storage, witness, findings.tell, noBar);
    return findings.first.map(findingText);
  };

  it(`is seen to be, and where, after each of ${TAMPERINGS} things done at random (seed ${SEED})`, async () => {
    expect(await sentences()).toEqual([]);
    for (const name of ['journal_tiles', 'snapshots']) {
      expect(await new Tamperer(database).collection(name).countDocuments()).toBeGreaterThan(0);
    }
    const wrong: unknown[] = [];
    for (let place = 0; place < TAMPERINGS; place += 1) {
      const { what, names, undo } = await new Tamperer(database).anything(randomAt(SEED, place));
      const [first] = await sentences().catch((error: unknown) => [String(error)]);
      if (!names.some((name) => first?.includes(name))) wrong.push({ place, what, first });
      await undo();
    }
    expect(wrong).toEqual([]);
    expect(await sentences()).toEqual([]);
  });
});
