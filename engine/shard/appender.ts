/**
 * Makes turns durable: one append for all shards of a turn, repeated with the very same bytes until the store has an answer
 * for each. Also keeps what was acknowledged lately (`retained`), so that a store that went back in time can be given it
 * again; see protocol, "Journal".
 */
import type { Timers } from "../model/clock.ts";
import { StoreUnavailable } from "../model/errors.ts";
import type { Epoch, Position, ShardId } from "../model/ids.ts";
import { retainedBytesMax, storeRetryMsMax, storeRetryMsMin } from "../limits.ts";
import type { AppendOutcome, AppendRequest, Journal } from "../store/port.ts";

/** Repeats a store call until it answers; gives up (undefined) only when `wanted` turns false. */
export async function persistently<T>(
  call: () => Promise<T>,
  { timers, wanted }: { readonly timers: Timers; readonly wanted: () => boolean },
): Promise<T | undefined> {
  for (let pauseMs = storeRetryMsMin; wanted(); pauseMs = Math.min(pauseMs * 2, storeRetryMsMax)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      await new Promise<void>((resolve) => {
        timers.after(pauseMs, resolve);
      });
    }
  }
  return undefined;
}

/** Acknowledged batches of one shard, oldest first, bounded by bytes. */
export class Retained {
  readonly #batches: AppendRequest[] = [];
  #bytes = 0;

  add(batch: AppendRequest): void {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.firstPosition + last.count !== batch.firstPosition) this.#clear();
    this.#batches.push(batch);
    this.#bytes += batch.bytes.byteLength;
    while (this.#bytes > retainedBytesMax) this.#bytes -= this.#batches.shift()?.bytes.byteLength ?? 0;
  }

  /** Those after a journal that ends at `last`; undefined when the store has lost more than is kept here. */
  after(last: Position): readonly AppendRequest[] | undefined {
    const from = this.#batches.findIndex((batch) => batch.firstPosition === last + 1);
    if (from >= 0) return this.#batches.slice(from);
    const newest = this.#batches.at(-1);
    return newest === undefined || newest.firstPosition + newest.count - 1 <= last ? [] : undefined;
  }

  /** The batch that ends at `position`, to see whether a journal is still the one we wrote. */
  endingAt(position: Position): AppendRequest | undefined {
    return this.#batches.find((batch) => batch.firstPosition + batch.count - 1 === position);
  }

  #clear(): void {
    this.#batches.length = 0;
    this.#bytes = 0;
  }
}

/** Repeats until the store answers. `abandoned` once nobody waits any more (the host closes). */
export async function appendAll(
  journal: Journal,
  requests: readonly AppendRequest[],
  options: { readonly timers: Timers; readonly wanted: () => boolean },
): Promise<readonly AppendOutcome[] | "abandoned"> {
  return (await persistently(() => journal.append(requests), options)) ?? "abandoned";
}

/** A batch as it is to be appended under another epoch. */
export function underEpoch(batch: AppendRequest, epoch: Epoch): AppendRequest {
  return { ...batch, epoch };
}

export type RetainedByShard = Map<ShardId, Retained>;
