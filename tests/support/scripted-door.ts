import type { Outcome, Submission } from '../../src/application/commit/decide-batch.ts';

export type Taken = {
  readonly submission: Submission;
  /** With an answer that says this for each command. */
  readonly answer: (words: string) => void;
  readonly fail: (error: unknown) => void;
};

/** A way into a ledger that takes everything, and answers when the test wants it. */
export class ScriptedDoor {
  readonly taken: Taken[] = [];

  submitTogether(submission: Submission): Promise<readonly Outcome[]> {
    return new Promise((resolve, reject) => {
      this.taken.push({
        submission,
        answer: (words) => resolve(submission.map(() => ({ answer: { status: 201, body: words }, replayed: false }))),
        fail: reject,
      });
    });
  }

  /** The submission that was taken as the n-th, from 0. */
  at(index: number): Taken {
    const taken = this.taken[index];
    if (!taken) throw new Error(`nothing was taken as number ${index}`);
    return taken;
  }
}

/** What the first command is answered. */
export const wordsOf = async (outcomes: Promise<readonly Outcome[]>): Promise<string | undefined> =>
  (await outcomes)[0]?.answer.body;
