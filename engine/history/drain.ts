/**
 * The drainer: brings the journals of our shards into history, in order, exactly once. A pass reads behind each
 * watermark, writes one transaction for all shards, then trims the journals. Passes follow each other without a pause
 * while there is a full transaction's worth, else once a second.
 *
 * Modes: idle (a timer runs) -> passing -> idle, or -> waiting longer and longer while the history or the store is away.
 * After anything unexpected the watermarks are asked again: whether a write was made is for history to say. Nothing waits
 * for the drainer but who calls `flush`.
 */
import { journalTrimPeriodMs } from "../limits.ts";
import { drainPeriodMs, drainRetryMsMax, drainRowsMax } from "../limits-of-history.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { HistoryUnavailable, StoreUnavailable } from "../model/errors.ts";
import type { Epoch, Position, ShardId } from "../model/ids.ts";
import { UNDRAINED } from "./drain-write.ts";
import type { DrainedStore, DrainShardStatus, DrainState } from "./drain-shard.ts";
import { DrainShard } from "./drain-shard.ts";
import type { DrainWrite, History } from "./port.ts";

export interface OwnedShard {
  readonly shard: ShardId;
  readonly epoch: Epoch;
}

export interface DrainerOptions {
  readonly store: DrainedStore;
  readonly history: Pick<History, "watermarks" | "drain" | "records">;
  /** The shards that are ours now; asked at every pass. */
  readonly shards: () => readonly OwnedShard[];
  readonly clock: Clock;
  readonly timers: Timers;
  /** History holds the shard's records up to `position`, durably. */
  readonly onDrained?: (shard: ShardId, position: Position) => void;
  /** A shard's state has changed, or history or store went away (`shard` undefined) or came back (`text` undefined). */
  readonly onTrouble?: (trouble: DrainTrouble) => void;
}

export interface DrainTrouble {
  readonly shard: ShardId | undefined;
  readonly state: DrainState | undefined;
  readonly text: string | undefined;
}

export interface DrainStatus {
  readonly shards: readonly DrainShardStatus[];
  /** Since the start. */
  readonly rows: number;
  readonly transactions: number;
  /** Why nothing can be drained at present. */
  readonly trouble: string | undefined;
}

export interface Drainer {
  /**
   * Resolves when all that the journals of our shards held at the call is in history, or cannot be drained (`status`
   * says why); rejects with HistoryUnavailable or StoreUnavailable.
   */
  flush(): Promise<void>;
  status(): DrainStatus;
  /** Ends after the running pass; drains nothing further. */
  close(): Promise<void>;
}

export function createDrainer(options: DrainerOptions): Drainer {
  const { store, history, clock, timers } = options;
  let shards = new Map<ShardId, DrainShard>();
  let rows = 0;
  let transactions = 0;
  let turn = 0;
  let trouble: string | undefined;
  let retryMs = drainPeriodMs;
  let closed = false;
  let cancelTimer: () => void = () => undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** Passes run one after the other. */
  function pass(trimPeriodMs: number): Promise<Passed> {
    const result = last.then(() => drainOnce(trimPeriodMs));
    last = result.catch(() => undefined);
    return result;
  }

  async function drainOnce(trimPeriodMs: number): Promise<Passed> {
    try {
      await meetShards();
      const { writes, unread, failure: unreadable } = await readWrites();
      let failure = unreadable;
      if (writes.length > 0) await write(writes);
      const isFull = writes.reduce((sum, { rows: { length } }) => sum + length, 0) >= drainRowsMax;
      for (const shard of shards.values()) {
        if (unread.has(shard)) continue;
        await shard.trim(store, clock.monotonicMs(), trimPeriodMs).catch((error: unknown) => {
          if (!isAway(error)) throw error;
          failure ??= error;
        });
      }
      // A shard whose store is away keeps nobody else waiting, neither for this pass nor for the next.
      if (failure !== undefined && !(failure instanceof StoreUnavailable && unread.size < shards.size)) throw failure;
      setTrouble(failure?.message);
      if (failure !== undefined) await lookAtJournals();
      return { isFull, failure };
    } catch (error) {
      // Whether a write was made is not known.
      for (const shard of shards.values()) shard.forgetPlace();
      if (isAway(error)) {
        setTrouble(error.message);
        await lookAtJournals();
      }
      throw error;
    }
  }

  /** Waits for history with an eye on the journals: one that is silent answers late, and they grow meanwhile. */
  async function answerOf<T>(call: Promise<T>): Promise<T> {
    let waiting = true;
    let cancel: () => void = () => undefined;
    const lookLater = (): void => {
      if (waiting) cancel = timers.after(drainPeriodMs, () => void lookAtJournals().then(lookLater));
    };
    lookLater();
    try {
      return await call;
    } finally {
      waiting = false;
      cancel();
    }
  }

  const watched = {
    records: (...asked: Parameters<typeof history.records>) => answerOf(history.records(...asked)),
  };

  /** Journals grow while history is away: who bounds them, and who watches, must see it. */
  async function lookAtJournals(): Promise<void> {
    for (const shard of shards.values())
      await shard.look(store, clock.monotonicMs()).catch((error: unknown) => {
        if (!isAway(error)) throw error;
      });
  }

  /** Keeps the shards that are still ours under the same epoch, meets the new ones, and learns missing watermarks. */
  async function meetShards(): Promise<void> {
    const met = options.shards().map(({ shard, epoch }) => {
      const known = shards.get(shard);
      return known?.epoch === epoch ? known : new DrainShard(shard, epoch);
    });
    shards = new Map(met.map((shard) => [shard.shard, shard]));
    if (met.every(({ placed }) => placed)) return;
    const standing = await answerOf(history.watermarks());
    for (const shard of met) if (!shard.placed) shard.standAt(standing.get(shard.shard) ?? UNDRAINED);
  }

  /**
   * Starts with another shard each time, so that a busy one cannot keep the others waiting. A shard that cannot be read
   * (one master of a cluster may be away) does not keep the others from being drained; `failure` is said afterwards.
   */
  async function readWrites(): Promise<{
    readonly writes: readonly DrainWrite[];
    readonly unread: ReadonlySet<DrainShard>;
    readonly failure: Away | undefined;
  }> {
    const all = [...shards.values()];
    turn = all.length === 0 ? 0 : (turn + 1) % all.length;
    const writes: DrainWrite[] = [];
    const unread = new Set<DrainShard>();
    let failure: Away | undefined;
    let rowsMax = drainRowsMax;
    for (const shard of [...all.slice(turn), ...all.slice(0, turn)]) {
      if (rowsMax <= 0) break;
      const { state } = shard;
      try {
        const next = await shard.next({ store, history: watched, rowsMax, nowMs: clock.monotonicMs() });
        if (next === undefined) continue;
        writes.push(next);
        rowsMax -= next.rows.length;
      } catch (error) {
        if (!isAway(error)) throw error;
        failure ??= error;
        unread.add(shard);
        // The next one would wait for it as long.
        if (error instanceof HistoryUnavailable) break;
      } finally {
        if (shard.state !== state) reportState(shard);
      }
    }
    return { writes, unread, failure };
  }

  async function write(writes: readonly DrainWrite[]): Promise<void> {
    const outcomes = await answerOf(history.drain(writes));
    transactions++;
    for (const [index, { shard, from, to, rows: written, passesOver }] of writes.entries()) {
      if (outcomes[index] === "ok") {
        rows += written.length;
        if (passesOver === true) reportLost(shard, from.position, to.position);
        shards.get(shard)?.standAt(to);
        options.onDrained?.(shard, to.position);
      } else {
        shards.get(shard)?.forgetPlace();
      }
    }
  }

  function reportState({ shard, state }: DrainShard): void {
    options.onTrouble?.({
      shard,
      state,
      text: state === "draining" ? undefined : `The journal of shard ${shard} is ${state}.`,
    });
  }

  function reportLost(shard: ShardId, from: Position, to: Position): void {
    const text =
      `Records ${from + 1} to ${to} of shard ${shard} are in no journal any more, and history goes on without them. ` +
      "The next night takes what the live store has made of them for the truth: vif reconcile does it now.";
    options.onTrouble?.({ shard, state: "hole", text });
  }

  function setTrouble(text: string | undefined): void {
    if (text === trouble) return;
    trouble = text;
    options.onTrouble?.({ shard: undefined, state: undefined, text });
  }

  function schedule(delayMs: number): void {
    if (closed) return;
    cancelTimer = timers.after(delayMs, () => void run());
  }

  async function run(): Promise<void> {
    try {
      const { isFull } = await pass(journalTrimPeriodMs);
      retryMs = drainPeriodMs;
      schedule(isFull ? 0 : drainPeriodMs);
    } catch (error) {
      // Anything else is a mistake in this program: it leaves as an unhandled rejection, which ends the thread.
      if (!isAway(error)) throw error;
      schedule(retryMs);
      retryMs = Math.min(retryMs * 2, drainRetryMsMax);
    }
  }

  /** A shard that was lost, cannot be drained, or has gone back since to before the goal is nothing to wait for. */
  function isBehind({ shard, epoch, goal }: OwnedShard & { readonly goal: Position }): boolean {
    const current = shards.get(shard);
    return current?.epoch === epoch && current.state === "draining" && current.drained < goal && current.last >= goal;
  }

  schedule(drainPeriodMs);

  return {
    async flush() {
      const goals = await Promise.all(
        options.shards().map(async (owned) => ({ ...owned, goal: await store.journal.last(owned.shard) })),
      );
      do {
        const { failure } = await pass(0);
        if (failure !== undefined) throw failure;
      } while (!closed && goals.some(isBehind));
    },
    status() {
      const nowMs = clock.monotonicMs();
      return { shards: [...shards.values()].map((shard) => shard.status(nowMs)), rows, transactions, trouble };
    },
    async close() {
      closed = true;
      cancelTimer();
      await last;
    },
  };
}

type Away = HistoryUnavailable | StoreUnavailable;

/** What a pass has come to. */
interface Passed {
  /** A full transaction was written: there may be more. */
  readonly isFull: boolean;
  /** Why a shard could not be read, where others could. */
  readonly failure: Away | undefined;
}

function isAway(error: unknown): error is Away {
  return error instanceof HistoryUnavailable || error instanceof StoreUnavailable;
}
