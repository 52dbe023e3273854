/**
 * What tills were told of nobody's receipts, the latest of a shard: a till that repeats one does so within minutes. Not
 * stored with the shard's state, as the journal and then history have it; what is not here is asked for there.
 */
import { unclaimedAnswersMax } from "../limits.ts";
import type { CellKey } from "../model/identifier.ts";
import { LatestEntries } from "../model/latest-entries.ts";

export class UnclaimedAnswers {
  readonly #answers = new LatestEntries<CellKey, string>(unclaimedAnswersMax);

  add(cell: CellKey, answer: string): void {
    this.#answers.set(cell, answer);
  }

  of(cell: CellKey): string | undefined {
    return this.#answers.get(cell);
  }
}
