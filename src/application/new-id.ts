import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const POOL = 4_096;
const EACH = 16;

const pool = Buffer.alloc(POOL);
let used = POOL;

// One call for the randomness of 256 ids: a call for each costs more than everything else about an id.
const rng = (): Uint8Array => {
  if (used === POOL) {
    randomFillSync(pool);
    used = 0;
  }
  used += EACH;
  return Uint8Array.prototype.slice.call(pool, used - EACH, used);
};

/** A new UUID v7 (RFC 9562 §5.7): ids made in a later millisecond sort later. */
export const newId = (): string => v7({ rng });
