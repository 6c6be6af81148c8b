import { z } from 'zod';
import type { Block } from '../application/ports/journal-store.ts';
import { instant } from '../domain/time/instant.ts';
import { NoteRefused } from './signed-note.ts';

const count = z.number().int().min(0);
const bytes = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));

const blockSchema = z.strictObject({
  number: count,
  firstPosition: count,
  treeSize: count,
  eventIds: z.array(z.string()),
  leafHashes: bytes,
  rootHash: bytes,
  range: bytes,
  resumeToken: z.string().optional(),
  sealedAt: count.transform(instant),
  checkpoint: z.string(),
  verifierKey: z.string(),
});

/** A block as one line of JSON, with bytes in base64. */
export const textOfBlock = (block: Block): string =>
  JSON.stringify({
    ...block,
    ...Object.fromEntries(
      (['leafHashes', 'rootHash', 'range'] as const).map((name) => [name, Buffer.from(block[name]).toString('base64')]),
    ),
  });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new NoteRefused('the block behind it is no JSON');
  }
};

/** Throws NoteRefused where it is none. */
export const blockFromText = (text: string): Block => {
  const { success, data } = blockSchema.safeParse(parsed(text));
  if (!success) throw new NoteRefused('the block behind it is none');
  const { resumeToken, ...block } = data;
  return { ...block, ...(resumeToken !== undefined && { resumeToken }) };
};
