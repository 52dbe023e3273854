/**
 * Asks history for receipts that neither a cell nor a profile remembers. Who asked waits here, not in the queue, and comes
 * back to its end with the answer; nobody else waits. A history that does not answer in time is `away`.
 */
import { historyAskMsMax } from "../limits.ts";
import type { Timers } from "../model/clock.ts";
import type { History } from "../history/port.ts";
import type { Owned, OwnedShards } from "./owned.ts";
import type { ToShard } from "./port.ts";
import type { HistoryAnswer } from "./receipts.ts";
import type { Queued } from "./turn.ts";
import type { LinkId } from "./watches.ts";

export interface ReceiptAskingOptions {
  readonly history: Pick<History, "receipt"> | undefined;
  readonly timers: Timers;
  readonly owned: OwnedShards;
  readonly signal: () => void;
  /** The shard was lost meanwhile. */
  readonly refuse: (link: LinkId, message: ToShard) => void;
}

export class ReceiptAsking {
  readonly #options: ReceiptAskingOptions;

  constructor(options: ReceiptAskingOptions) {
    this.#options = options;
  }

  async ask(owned: Owned, queued: Queued, digest: string): Promise<void> {
    const answer = await this.#answer(digest);
    const { owned: shards, refuse, signal } = this.#options;
    if (!shards.holds(owned) || owned.leaving) return refuse(queued.link, queued.message);
    owned.queue.push({ ...queued, known: new Map([...(queued.known ?? []), [digest, answer]]) });
    signal();
  }

  /** Never rejects. */
  #answer(digest: string): Promise<HistoryAnswer> {
    const { history, timers } = this.#options;
    if (history === undefined) return Promise.resolve("none");
    return new Promise((resolve) => {
      const cancel = timers.after(historyAskMsMax, () => resolve("away"));
      history.receipt(digest).then(
        (known) => {
          cancel();
          resolve(known ?? "none");
        },
        () => {
          cancel();
          resolve("away");
        },
      );
    });
  }
}
