import { forEachAtOnce } from '../load/for-each-at-once.ts';
import type { Ordeal } from './ordeal.ts';

/** So many keys, and under each of them so many copies of one request at the same time, in turn at either API process. */
export const duplicates =
  (keys: number, copies: number): Ordeal =>
  async ({ history, wishes, sender, options, breaches }) => {
    const places = Array.from({ length: keys }, (_, place) => place);
    await forEachAtOnce(places, options.clients, async (place) => {
      const record = history.begin(wishes.sure(place));
      await sender.sendCopies(record, copies);
      if (record.answers.length === copies) return;
      breaches.add('answer', `${record.answers.length} of ${copies} copies of ${record.command.key} were done`);
    });
  };
