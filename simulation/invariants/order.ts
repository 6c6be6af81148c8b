import type { Evidence } from './broken-rules.ts';

/**
 * What the sealer has followed stands in the journal in the order of the commits. Blocks without a token were sealed in a recovery,
 * which goes by time; and within a stream even those keep the order, which is checked elsewhere.
 */
export const brokenOrder = async ({ storage, log }: Evidence): Promise<readonly string[]> => {
  const places = new Map(log.map(({ event }, place) => [event.eventId as string, place]));
  const broken: string[] = [];
  let last = -1;
  for await (const { number, eventIds, resumeToken } of storage.journal.from(1)) {
    if (resumeToken === undefined) continue;
    for (const eventId of eventIds) {
      const place = places.get(eventId) ?? -1;
      if (place <= last) broken.push(`block ${number}: ${eventId} was sealed behind one that was committed later`);
      last = place;
    }
  }
  return broken;
};
