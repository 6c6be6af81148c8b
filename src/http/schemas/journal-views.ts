import { z } from 'zod';
import { timeOnWire } from './time.ts';
import { eventView } from './views.ts';

const position = z.int().min(1).meta({ description: 'Place in the journal; the first is 1.' });
const sealedEvents = z.int().min(0).meta({ description: 'Events in the journal.' });
const hash = z.base64().meta({ description: 'SHA-256, in base64.' });

export const journalView = z
  .strictObject({
    entries: z.array(z.strictObject({ position, leafHash: hash, event: eventView })),
    lastPosition: sealedEvents,
  })
  .meta({ id: 'Journal' });

export const checkpointView = z
  .strictObject({
    size: position,
    rootHash: hash,
    sealedAt: timeOnWire,
    checkpoint: z.string().meta({ description: 'The signed note, as text/plain has it.' }),
    verifierKey: z.string(),
  })
  .meta({ id: 'Checkpoint' });

export const proofView = z
  .strictObject({
    event: z.string().meta({ description: 'The canonical text that was sealed, byte for byte.' }),
    position,
    proof: z.array(hash).meta({ description: 'RFC 9162 §2.1.3, the lowest hash first.' }),
    checkpoint: z.string(),
  })
  .meta({ id: 'SealProof' });

const note = z.string().meta({ description: 'A checkpoint: a signed note.' });

export const growthView = z
  .strictObject({
    from: sealedEvents,
    to: sealedEvents,
    proof: z.array(hash).meta({ description: 'RFC 9162 §2.1.4.' }),
    earlier: note.optional().meta({ description: 'The checkpoint of size `from`, where one was signed.' }),
    later: note.optional().meta({ description: 'The checkpoint of size `to`, where one was signed.' }),
  })
  .meta({ id: 'ConsistencyProof' });

const text = z.string().meta({ description: 'The canonical text that was sealed, byte for byte.' });

export const streamProofView = z
  .strictObject({
    events: z.array(text).min(1).meta({ description: 'From version 1 to the last that counts, without gaps.' }),
    next: text.optional().meta({ description: 'The event behind them, which does not count any more.' }),
    positions: z.array(position).meta({ description: 'Of each event in the journal; that of `next` is the last.' }),
    hashes: z.array(hash).meta({
      description:
        'Roots of the largest subtrees of the RFC 9162 tree that have none of the events, from left to right.',
    }),
    checkpoint: z.string(),
  })
  .meta({ id: 'StreamProof' });
