import { type Filled, type Stage } from './stage.ts';

const EVENTS_EACH = 500;
const TRANSFERS = 5;

/** A ledger of so many events, on accounts of about five hundred each. */
export const pastOf = (stage: Stage, events: number): Promise<Filled> => {
  const accounts = Math.ceil(events / EVENTS_EACH);
  return stage.filled(`past-${events}`, [{ accounts, events, transfers: TRANSFERS }]);
};

export const counted = (events: number): string => `${events.toLocaleString('en')} events`;
