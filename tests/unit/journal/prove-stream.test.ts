import { describe, expect, it } from 'vitest';
import type { Storage } from '../../../src/application/ports/storage.ts';
import { instant } from '../../../src/domain/time/instant.ts';
import { canonicalEvent } from '../../../src/journal/canonical-event.ts';
import { signCheckpoint } from '../../../src/journal/checkpoint.ts';
import { append as appendLeaf, emptyRange, rootOf } from '../../../src/journal/merkle/compact-range.ts';
import { leafHash } from '../../../src/journal/merkle/hash.ts';
import { NotSealedYet } from '../../../src/journal/not-proved-now.ts';
import { proveStream } from '../../../src/journal/prove-stream.ts';
import { NoEvent, readEvent } from '../../../src/journal/read-event.ts';
import { ProofRefused, type StreamProof, verifyStreamProof } from '../../../src/journal/stream-proof.ts';
import { openMemoryStorage } from '../../../src/storage/memory/memory-storage.ts';
import { append } from '../../contract/fixture.ts';
import { ledger } from '../../support/note-keys.ts';
import { sealAll } from '../../support/proven-books.ts';
import { accountOpened, moneyDeposited, noon, streamOf, streamUpTo } from '../../support/recorded-events.ts';

const sealedEvents = async (...events: Parameters<typeof append>[1]): Promise<Storage> => {
  const storage = openMemoryStorage();
  for (const event of events) await append(storage, [event]);
  await sealAll(storage);
  return storage;
};

const streamId = streamOf('alice');

const opened = accountOpened('alice');

const deposited = (version: number, envelope: Parameters<typeof moneyDeposited>[3] = {}) =>
  moneyDeposited('alice', version, 5n, envelope);

/** These texts as a ledger would prove them that has sealed nothing else. */
const sealedAlone = (events: readonly string[]): StreamProof => {
  const tree = events.map((text) => leafHash(Buffer.from(text))).reduce(appendLeaf, emptyRange);
  const checkpoint = signCheckpoint({ size: tree.size, root: rootOf(tree) }, ledger);
  return { events, positions: events.map((_, at) => at + 1), hashes: [], checkpoint };
};

describe('the proof of a stream', () => {
  it('shows that it begins with these events, and what came next where that is asked for', async () => {
    const events = streamUpTo('alice', 5);
    const prove = proveStream(await sealedEvents(...events));
    const texts = events.map(canonicalEvent);
    const open = await prove({ streamId, version: 3, bound: undefined });
    expect(open).toMatchObject({ events: texts.slice(0, 3), positions: [1, 2, 3] });
    expect(open).not.toHaveProperty('next');
    const bounded = await prove({ streamId, version: 3, bound: {} });
    expect(bounded).toMatchObject({ events: texts.slice(0, 3), next: texts[3], positions: [1, 2, 3, 4] });
    expect(verifyStreamProof(bounded, ledger)).toMatchObject({ next: { version: 4 }, checkpoint: { size: 5 } });
    const whole = await prove({ streamId, version: 5, bound: {} });
    expect(whole).not.toHaveProperty('next');
  });

  it('waits where the moment that is asked about may bring more: the next event was recorded at that very moment', async () => {
    const prove = proveStream(await sealedEvents(...streamUpTo('alice', 3)));
    const recordedThird = noon + 3_000;
    const at = (moment: number) => prove({ streamId, version: 2, bound: { knownAt: instant(moment) } });
    await expect(at(recordedThird)).rejects.toThrow(NotSealedYet);
    expect(await at(recordedThird - 1)).toHaveProperty('next');
  });

  it.each([
    [
      'runs backwards in time',
      [opened, deposited(2), deposited(3, { recordedAt: instant(noon) })],
      'before the one before it',
    ],
    ['has a gap', [opened, deposited(3)], 'has version 3 where 2 is due'],
    ['begins behind its opening', [deposited(2)], 'has version 2 where 1 is due'],
    ['has a version twice', [opened, deposited(2), deposited(2)], 'has version 2 where 3 is due'],
    ['is of two accounts', [opened, moneyDeposited('bob', 2, 1n)], 'are shown as one stream'],
  ])('is refused where what was sealed %s', (_, events, reason) => {
    const proof = sealedAlone(events.map(canonicalEvent));
    expect(() => verifyStreamProof(proof, ledger)).toThrow(ProofRefused);
    expect(() => verifyStreamProof(proof, ledger)).toThrow(reason);
  });

  it('is refused where what was sealed is no event', () => {
    expect(() => verifyStreamProof(sealedAlone(['x']), ledger)).toThrow(NoEvent);
    expect(() => verifyStreamProof(sealedAlone([]), ledger)).toThrow(ProofRefused);
  });
});

describe('the text of an event', () => {
  const text = canonicalEvent(opened);

  it('is read as the event that it is of', () => {
    expect(readEvent(text)).toEqual(opened);
    const dated = text.replace('"overdraftLimit":0', '"expiresAt":1750000000000,"overdraftLimit":0');
    expect(readEvent(dated).data).toMatchObject({ expiresAt: 1_750_000_000_000, overdraftLimit: 0n });
  });

  it.each([
    ['no JSON', 'x'],
    ['null', 'null'],
    ['empty', '{}'],
    ['spelled with white space', text.replace(':', ': ')],
    ['in another order', text.replace(/^\{("data":.*?\}),("effectiveAt":"[^"]*"),/, '{$2,$1,')],
    ['without a member', text.replace('"schemaVersion":2,', '')],
    ['with one more', text.replace('"schemaVersion"', '"note":1,"schemaVersion"')],
    ['with another kind of version', text.replace('"version":1', '"version":"1"')],
    ['with another kind of id', text.replace(/"streamId":"[^"]*"/, '"streamId":7')],
    ['with a time that is none', text.replace(/"recordedAt":"[^"]*"/, '"recordedAt":"noon"')],
  ])('is not %s', (_, other) => {
    expect(other).not.toBe(text);
    expect(() => readEvent(other)).toThrow(NoEvent);
  });
});
