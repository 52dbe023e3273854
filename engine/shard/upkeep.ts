/**
 * What a host does beside its turns, once a second and in small pieces: brings near wake-ups into memory, sends again what
 * other shards have not answered, leads a new plan over cold profiles, writes checkpoints, lets go of old marks, and looks
 * whether the store has gone back in time under an idle shard. Nothing here answers anybody.
 */
import {
  checkpointPauseMs,
  checkpointSliceMs,
  historyLookMs,
  peerResendMs,
  storeRewindMsMax,
  storedWakeUpsMax,
  sweepPerTurnMax,
  wakeUpHorizonMs,
  wakeUpLooksMax,
} from "../limits.ts";
import type { Clock, Timers } from "../model/clock.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { History } from "../history/port.ts";
import type { Epoch, ShardId } from "../model/ids.ts";
import type { HotStore } from "../store/port.ts";
import { MarkSweeps } from "./forgotten-marks.ts";
import type { Owned, OwnedShards } from "./owned.ts";
import type { PeerMessage } from "./port.ts";
import type { Residents } from "./residents.ts";
import { sendMessage } from "./turn.ts";

export interface UpkeepOptions {
  readonly store: HotStore;
  readonly history: Pick<History, "watermarks"> | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly owned: OwnedShards;
  readonly residents: Residents;
  readonly sendPeer: (message: PeerMessage) => void;
  readonly lose: (shard: ShardId) => void;
  /** History knows a later epoch of this shard than ours. */
  readonly outdone: (shard: ShardId, by: Epoch) => void;
  /** There may be work for a turn now. */
  readonly signal: () => void;
}

export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #marks: MarkSweeps;
  #askedHistoryMs = 0;
  #askingHistory = false;
  /** The shard that is stored from next, if it is owned. */
  #nextToStore = 0;
  #cancelStoring: (() => void) | undefined;
  #isClosed = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#marks = new MarkSweeps(options);
  }

  tick(): void {
    const { clock, owned: shards, signal } = this.#options;
    for (const owned of shards.values()) {
      if (owned.leaving) continue;
      const { shard } = owned;
      if (shard.wakeUps.horizon < clock.now() + wakeUpHorizonMs / 2) void this.loadWakeUps(owned);
      if (shard.peers.hasUnanswered() && clock.monotonicMs() - owned.resentAtMs > peerResendMs) this.resend(owned);
      void this.sweepOn(owned);
      void this.#verify(owned);
      if (this.#options.history !== undefined) this.#marks.tick(owned);
      if (shard.peers.nearlyExhausted) this.#options.lose(shard.id);
    }
    this.checkpoint();
    void this.#askHistory();
    signal();
  }

  resend(owned: Owned): void {
    const { shard } = owned;
    owned.resentAtMs = this.#options.clock.monotonicMs();
    for (const to of shard.peers.neighbours)
      for (const entry of shard.peers.toSend(to, shard.durable)) this.#options.sendPeer(sendMessage(shard, to, entry));
  }

  /** Brings the wake-ups of the coming minute into memory. */
  async loadWakeUps(waiting: Owned): Promise<void> {
    if (waiting.horizonBusy) return;
    waiting.horizonBusy = true;
    const { shard } = waiting;
    const { clock, owned, residents, signal, store, timers } = this.#options;
    const until = Math.max(clock.now(), shard.instant) + wakeUpHorizonMs;
    const due = await store.state.due(shard.id, until, storedWakeUpsMax).catch(() => undefined);
    waiting.horizonBusy = false;
    if (due === undefined) return;
    shard.wakeUps.horizon = due.length < storedWakeUpsMax ? until : (due.at(-1)?.at ?? until);
    for (const { id, at } of due) shard.addStoredWakeUp(at, id);
    signal();
    const unstored = [...new Set(shard.unstoredProfiles())];
    for (let from = 0; from < unstored.length && owned.holds(waiting); from += wakeUpLooksMax) {
      residents.addWakeUps(shard, unstored.slice(from, from + wakeUpLooksMax));
      signal();
      await new Promise<void>((resolve) => timers.after(1, resolve));
    }
  }

  /** Begins the pieces that are due, in a slice of time, and comes again as long as anything is not stored. */
  checkpoint(): void {
    const { clock, lose, owned: shards, residents, timers } = this.#options;
    const beganMs = clock.monotonicMs();
    let more = false;
    for (const owned of this.#fromNext([...shards.values()])) {
      const { shard, checkpointer } = owned;
      if (owned.leaving || !shard.isBehind) continue;
      more = true;
      if (clock.monotonicMs() - beganMs > checkpointSliceMs) break;
      const size = checkpointer.due(residents.wantsCheckpoint);
      if (size === undefined) continue;
      this.#nextToStore = shard.id + 1;
      void checkpointer.begin(size).then((outcome) => {
        if ((outcome === "fenced" || outcome === "gap") && shards.holds(owned)) lose(shard.id);
      });
    }
    if (!more || this.#isClosed || this.#cancelStoring !== undefined) return;
    this.#cancelStoring = timers.after(checkpointPauseMs, () => {
      this.#cancelStoring = undefined;
      this.checkpoint();
    });
  }

  /** Comes no more by itself: what could not be stored would else keep its thread for ever. */
  close(): void {
    this.#isClosed = true;
    this.#cancelStoring?.();
  }

  /** The same shards, so that whoever was left out when the slice of time was over is first. */
  #fromNext(all: readonly Owned[]): readonly Owned[] {
    const from = Math.max(
      0,
      all.findIndex(({ shard }) => shard.id >= this.#nextToStore),
    );
    return [...all.slice(from), ...all.slice(0, from)];
  }

  /** Takes the next cold profiles to be looked at with a new plan, when the ones taken before have been. */
  async sweepOn(owned: Owned): Promise<void> {
    const { shard } = owned;
    if (shard.sweep === "done" || owned.sweepBusy || owned.sweepIds.length > 0) return;
    owned.sweepBusy = true;
    const { plan } = shard;
    const rows = await this.#options.store.state.scan(shard.id, shard.sweep, sweepPerTurnMax).catch(() => undefined);
    owned.sweepBusy = false;
    // A newer plan has begun its own sweep meanwhile.
    if (rows === undefined || shard.plan !== plan) return;
    owned.sweepIds = rows.map(({ id }) => id);
    owned.sweepNext = rows.length < sweepPerTurnMax ? "done" : (rows.at(-1)?.id ?? "done");
    if (rows.length === 0) shard.sweep = "done";
    this.#options.signal();
  }

  /**
   * A store that failed over may have lost what we acknowledged: the shard is then recovered, and gets it again. What
   * is seen to stand for longer than such a loss can reach back may leave memory.
   */
  async #verify(owned: Owned): Promise<void> {
    const { clock, lose, owned: shards, residents, store } = this.#options;
    const { shard } = owned;
    const { durable, stored } = shard;
    const askedMs = clock.monotonicMs();
    const [last, watermark] = await Promise.all([
      store.journal.last(shard.id).catch(() => undefined),
      shard.unsettled
        ? store.state.loadMeta(shard.id).then(
            (meta) => meta?.watermark ?? 0,
            () => undefined,
          )
        : stored,
    ]);
    if (!shards.holds(owned) || last === undefined || watermark === undefined) return;
    if (last < durable || watermark < stored) lose(shard.id);
    else residents.clean(shard.settle(askedMs - storeRewindMsMax));
  }

  /**
   * A store that failed over may have forgotten a claim, and the drainer of that owner may reach history after we asked it:
   * history then holds a later epoch than ours and takes nothing of ours. Such a shard is claimed anew, above it.
   */
  async #askHistory(): Promise<void> {
    const { clock, history, lose, outdone, owned: shards } = this.#options;
    if (history === undefined || this.#askingHistory) return;
    if (clock.monotonicMs() - this.#askedHistoryMs < historyLookMs) return;
    this.#askedHistoryMs = clock.monotonicMs();
    this.#askingHistory = true;
    try {
      const watermarks = await history.watermarks();
      for (const { shard, leaving } of [...shards.values()]) {
        const epoch = watermarks.get(shard.id)?.epoch ?? 0;
        if (leaving || epoch <= shard.epoch) continue;
        outdone(shard.id, epoch);
        lose(shard.id);
      }
    } catch (error) {
      if (!(error instanceof HistoryUnavailable)) throw error;
    } finally {
      this.#askingHistory = false;
    }
  }
}
