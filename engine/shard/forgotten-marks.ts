/**
 * Receipts whose marks are gone. A mark tells a repetition from another receipt of the same number; once it is older than
 * profiles remember, and history has it, it adds nothing that history does not know, and goes: else every shard would
 * grow by a hundred bytes a receipt for ever. `Shard.marksGoneBefore` says up to which instant of acceptance marks may be
 * gone. A receipt that happened later than that was accepted later too, and has its mark or is new: only older ones cost a
 * question to history. The one exception, a till whose clock was ahead or not set, has a mark without a time, which never goes.
 */
import { marksAPieceMax, marksSweepMs, receiptSeenMsMax, tillSkewMsMax } from "../limits.ts";
import type { Clock } from "../model/clock.ts";
import type { Position } from "../model/ids.ts";
import { type KnownReceipt, type Receipt, readReceiptMark } from "../model/receipt.ts";
import type { HotStore } from "../store/port.ts";
import type { Owned, OwnedShards } from "./owned.ts";
import type { Shard } from "./shard.ts";

/** Whether a receipt without a mark may have had one. */
export function mayHaveHadMark({ marksGoneBefore }: Shard, { facts }: Receipt): boolean {
  if (marksGoneBefore === 0) return false;
  return facts.at <= marksGoneBefore + tillSkewMsMax || hasOddClock(facts.flags);
}

/** Whether history's receipt of the number is this one: by its sums, and by its time where the till's clock was right. */
export function isSameReceipt({ facts }: Receipt, { sums }: KnownReceipt): boolean {
  const { kind, currency, lines, linesAmount, total } = facts;
  const isSame =
    kind === sums.kind &&
    currency === sums.currency &&
    lines === sums.lines &&
    linesAmount === sums.linesAmount &&
    total === sums.total;
  return isSame && (hasOddClock(facts.flags) || Math.abs(facts.at - sums.at) <= tillSkewMsMax);
}

function hasOddClock(flags: readonly string[]): boolean {
  return flags.includes("till_clock_off") || isTimeOfArrival(flags);
}

/** Whether the receipt bears the time at which it came, and so another one when it comes again. */
export function isTimeOfArrival(flags: readonly string[]): boolean {
  return flags.includes("till_clock_ahead") || flags.includes("till_clock_reset");
}

interface Sweep {
  /** Marks up to here are looked at once history has them. */
  readonly upTo: Position;
  readonly before: number;
  cursor: string | undefined;
  busy: boolean;
}

/** Looks through a shard's marks, in small pieces, once some are old enough to go. */
export class MarkSweeps {
  readonly #store: Pick<HotStore, "state">;
  readonly #clock: Clock;
  readonly #owned: OwnedShards;
  readonly #sweeps = new WeakMap<Owned, Sweep>();

  constructor(options: {
    readonly store: Pick<HotStore, "state">;
    readonly clock: Clock;
    readonly owned: OwnedShards;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#owned = options.owned;
  }

  tick(owned: Owned): void {
    const { shard } = owned;
    const sweep = this.#sweeps.get(owned);
    if (sweep === undefined) {
      const before = this.#clock.now() - receiptSeenMsMax;
      if (before - shard.oldestMark < marksSweepMs) return;
      this.#sweeps.set(owned, { upTo: shard.durable, before, cursor: undefined, busy: false });
      return;
    }
    const isDrained = shard.drained >= sweep.upTo;
    if (!sweep.busy && isDrained && shard.forgotten < marksAPieceMax) void this.#look(owned, sweep);
  }

  async #look(owned: Owned, sweep: Sweep): Promise<void> {
    const { shard } = owned;
    sweep.busy = true;
    const found = await this.#store.state.scanMarks(shard.id, sweep.cursor, marksAPieceMax).catch(() => undefined);
    sweep.busy = false;
    if (found === undefined || !this.#owned.holds(owned) || owned.leaving) return;
    const old = found.cells.filter(([, mark]) => readReceiptMark(mark).acceptedAt < sweep.before);
    if (old.length > 0) shard.forget(old, sweep.before);
    sweep.cursor = found.next;
    if (found.next !== undefined) return;
    this.#sweeps.delete(owned);
    shard.oldestMark = Math.max(shard.oldestMark, sweep.before);
  }
}
