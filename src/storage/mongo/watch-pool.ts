import type { Connection } from 'mongoose';

/** Is told of the connections that operations use. Never waited for. */
export type PoolMeter = {
  /** After it was waited for so many seconds. */
  readonly connectionTaken: (seconds: number) => void;
  readonly connectionGivenBack: () => void;
};

/** To be called while nothing is done on the connection. */
export const watchPool = (connection: Connection, meter: PoolMeter): void => {
  connection
    .getClient()
    .on('connectionCheckedOut', ({ durationMS }) => meter.connectionTaken(durationMS / 1_000))
    .on('connectionCheckedIn', () => meter.connectionGivenBack());
};
