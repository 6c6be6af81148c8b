import type { Play } from '../play.ts';

/** What a run does to the ledger while clients work with it; resolves when nothing disturbs it any more, and the clients have ended. */
export type Ordeal = (play: Play) => Promise<void>;
