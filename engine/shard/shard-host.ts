/**
 * The brain of a worker: the only writer of the shards it owns. One loop takes what has come for all of them, processes it
 * (turn.ts), appends all records in one write and only then lets the answers out. The next turn is processed while
 * the append is on its way, never more than one ahead.
 *
 * Modes of a shard here: waiting (a claim is being recovered: messages queue) -> owned -> leaving (being handed over:
 * messages are answered not_owner) -> gone. A fenced append, a lost lease or a store that went back in time make it gone
 * at once; who still waits is told not_owner and its gateway repeats.
 *
 * All waiting is on promises of the ports and on injected timers, so that a simulator can run it step by step.
 */
import { appendAll, Retained } from "./appender.ts";
import { Checkpointer } from "./checkpoint.ts";
import { PlanShelf } from "./plan-shelf.ts";
import type { PlantedBugs } from "./planted-bugs.ts";
import type { FromShard, Origin, ParsedEvent, PeerMessage, ToShard } from "./port.ts";
import { Leasing } from "./leasing.ts";
import { fetchMissing } from "./prefetch.ts";
import { recover } from "./recovery.ts";
import { Residents } from "./residents.ts";
import type { Shard } from "./shard.ts";
import { type Outgoing, type Queued, Turn, sendMessage } from "./turn.ts";
import type { LinkId } from "./watches.ts";
import type { History } from "../history/port.ts";
import {
  busyRetryAfterMs,
  peerResendMs,
  sweepPerTurnMax,
  turnEventsMax,
  wakeUpHorizonMs,
  wakeUpsPerTurnMax,
  workerQueueMax,
} from "../limits.ts";
import type { Clock, Random, Timers } from "../model/clock.ts";
import type { Epoch, NodeId, PlanDigest, Position, ProfileId, ShardId } from "../model/ids.ts";
import type { PlanLoader } from "../model/plan.ts";
import { BatchWriter } from "../model/record-codec.ts";
import type { HotStore, Lease } from "../store/port.ts";

export interface ShardHostOptions {
  readonly node: NodeId;
  readonly store: HotStore;
  readonly history: Pick<History, "records" | "watermarks"> | undefined;
  readonly loadPlan: PlanLoader;
  readonly parse: (body: Uint8Array, origin: Origin) => ParsedEvent;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly cacheBytesMax: number;
  /** Out to a link: answers and pushes, to the link their request came by. */
  readonly send: (link: LinkId, message: FromShard) => void;
  /** Out to another shard's owner wherever it is; may be one of our own. */
  readonly sendPeer: (message: PeerMessage) => void;
  readonly onShard: (shard: ShardId, state: "recovering" | "owned" | "lost", epoch: Epoch) => void;
  /** Steps of a turn in milliseconds, for metrics. */
  readonly onTurn?: (timing: TurnTiming) => void;
  readonly planted?: PlantedBugs;
}

export interface TurnTiming {
  readonly events: number;
  readonly records: number;
  readonly fetchMs: number;
  readonly processMs: number;
  readonly appendMs: number;
}

export interface ShardStatus {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly position: Position;
  readonly durable: Position;
  readonly stored: Position;
  readonly queued: number;
  readonly unanswered: boolean;
  readonly plan: PlanDigest;
}

/** An owned shard with what the host keeps around it. */
interface Owned {
  readonly shard: Shard;
  readonly checkpointer: Checkpointer;
  readonly writer: BatchWriter;
  queue: Queued[];
  leaving: boolean;
  planWanted: boolean;
  resentAtMs: number;
  /** The sweep's next ids, fetched ahead. */
  sweepIds: readonly ProfileId[];
  horizonBusy: boolean;
}

interface Done {
  readonly owned: Owned;
  readonly turn: Turn;
  readonly first: Position;
}

export class ShardHost {
  readonly #options: ShardHostOptions;
  readonly #planted: PlantedBugs;
  readonly #residents: Residents;
  readonly #plans: PlanShelf;
  readonly #leasing: Leasing;
  readonly #owned = new Map<ShardId, Owned>();
  readonly #recovering = new Map<ShardId, Queued[]>();
  readonly #retained = new Map<ShardId, Retained>();
  readonly #epochs = new Map<ShardId, Epoch>();
  #queued = 0;
  #closed = false;
  #wake: (() => void) | undefined;
  #cancelWakeUpTimer: (() => void) | undefined;
  #appending: Promise<void> = Promise.resolve();
  #appendsInFlight = 0;
  readonly #loop: Promise<void>;

  constructor(options: ShardHostOptions) {
    this.#options = options;
    this.#planted = options.planted ?? {};
    this.#residents = new Residents(options.store, options.cacheBytesMax);
    this.#plans = new PlanShelf(options.store.plans, options.loadPlan);
    this.#leasing = new Leasing({
      ...options,
      held: () => this.#held(),
      onRenewed: (shard, untilMs) => this.#renewed(shard, untilMs),
      onLost: (shard) => this.#lose(shard),
      onTick: () => this.#tick(),
    });
    this.#loop = this.#run();
  }

  receive(link: LinkId, message: ToShard): void {
    const owned = this.#owned.get(message.shard);
    const queue = owned?.queue ?? this.#recovering.get(message.shard);
    if (queue === undefined || owned?.leaving === true || this.#closed) return this.#refuse(link, message, "not_owner");
    const bounded = message.kind === "event" || message.kind === "read" || message.kind === "watch";
    if (bounded && this.#queued >= workerQueueMax) return this.#refuse(link, message, "busy");
    this.#queued += 1;
    queue.push({
      link,
      message,
      parsed: message.kind === "event" ? this.#options.parse(message.body, message.origin) : undefined,
    });
    this.#signal();
  }

  /** The gateway behind this link is gone. */
  unlinked(link: LinkId): void {
    for (const { shard } of this.#owned.values()) shard.watches.removeLink(link);
  }

  /** Claims a shard whose lease was seen so, and recovers it. False when it was another's by then, or is lost again. */
  async claim(seen: Lease): Promise<boolean> {
    const { shard } = seen;
    if (this.#closed || this.#owned.has(shard) || this.#recovering.has(shard) || this.#plans.current === undefined)
      return false;
    this.#recovering.set(shard, []);
    try {
      return await this.#takeOver(seen);
    } finally {
      const waiting = this.#recovering.get(shard) ?? [];
      this.#recovering.delete(shard);
      const owned = this.#owned.get(shard);
      if (owned === undefined) {
        this.#queued -= waiting.length;
        for (const { link, message } of waiting) this.#refuse(link, message, "not_owner");
        this.#options.onShard(shard, "lost", this.#epochs.get(shard) ?? 0);
      } else {
        owned.queue.push(...waiting);
        this.#options.onShard(shard, "owned", owned.shard.epoch);
        this.#signal();
      }
    }
  }

  /** Hands a shard over cleanly: everything stored, then nobody's. */
  async release(shard: ShardId): Promise<void> {
    const owned = this.#owned.get(shard);
    if (owned === undefined || owned.leaving) return;
    owned.leaving = true;
    this.#refuseQueue(owned);
    await this.#quiesce();
    while (
      this.#owned.get(shard) === owned &&
      (owned.shard.stored < owned.shard.durable || owned.shard.dirtyCount > 0)
    ) {
      await owned.checkpointer.settled();
      if ((await owned.checkpointer.begin(this.#options.clock.monotonicMs())) !== "ok") break;
    }
    if (this.#owned.get(shard) !== owned) return;
    this.#lose(shard);
    await this.#options.store.leases.release(this.#options.node, shard, owned.shard.epoch).catch(() => undefined);
  }

  /** From the next turn on all shards decide with this plan. Its bytes are in the store. */
  async activate(digest: PlanDigest): Promise<void> {
    await this.#plans.activate(digest);
    for (const owned of this.#owned.values()) owned.planWanted = owned.shard.plan.digest !== digest;
    this.#signal();
  }

  /** History holds this shard's journal up to `position`. */
  drained(shard: ShardId, position: Position): void {
    for (const [from, n] of this.#owned.get(shard)?.shard.peers.drained(position) ?? [])
      this.#options.sendPeer({ kind: "drained", shard: from, from: shard, n });
  }

  status(): readonly ShardStatus[] {
    return [...this.#owned.values()].map(({ shard, queue }) => ({
      shard: shard.id,
      epoch: shard.epoch,
      position: shard.position,
      durable: shard.durable,
      stored: shard.stored,
      queued: queue.length,
      unanswered: shard.peers.hasUnanswered(),
      plan: shard.plan.digest,
    }));
  }

  /** Resident bytes of cached profiles and cells. */
  get cacheBytes(): number {
    return this.#residents.bytes;
  }

  /** Stops cleanly: what was received is answered or refused, everything is stored, the shards are handed over. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await Promise.all([...this.#owned.keys()].map((shard) => this.release(shard)));
    this.#closed = true;
    this.#leasing.close();
    this.#signal();
    await this.#loop;
  }

  async #takeOver(seen: Lease): Promise<boolean> {
    const { store, node, clock } = this.#options;
    const { shard } = seen;
    const sentAtMs = clock.monotonicMs();
    const epoch = await store.leases.claim(seen, node, this.#epochs.get(shard) ?? 0).catch(() => undefined);
    if (epoch === undefined) return false;
    this.#epochs.set(shard, epoch);
    this.#options.onShard(shard, "recovering", epoch);
    this.#leasing.recovering(shard, epoch);
    try {
      const recovered = await recover({
        ...this.#options,
        shard,
        epoch,
        residents: this.#residents,
        retained: this.#retained.get(shard),
        plan: this.#plans.require(),
        planOf: (digest) => this.#plans.of(digest),
        wanted: () => !this.#closed && this.#leasing.holds(shard, epoch),
        planted: this.#planted,
      });
      if (recovered === undefined) return false;
      this.#own(recovered, sentAtMs);
      return true;
    } finally {
      this.#leasing.recovered(shard);
    }
  }

  #own(shard: Shard, claimedAtMs: number): void {
    const { store, timers, clock } = this.#options;
    const owned: Owned = {
      shard,
      checkpointer: new Checkpointer(shard, {
        store,
        timers,
        nowMs: clock.monotonicMs(),
        wanted: () => !this.#closed && this.#owned.get(shard.id) === owned,
      }),
      writer: new BatchWriter(),
      queue: [],
      leaving: false,
      planWanted: shard.plan !== this.#plans.current,
      resentAtMs: clock.monotonicMs(),
      sweepIds: [],
      horizonBusy: false,
    };
    this.#renewed(shard.id, this.#leasing.readableUntilMs(shard.id) ?? claimedAtMs, shard);
    this.#owned.set(shard.id, owned);
    void this.#loadWakeUps(owned);
    const turn = this.#turn(owned);
    for (let other = 0; other < store.shards; other++) this.#options.sendPeer(turn.greeting(other as ShardId, true));
    this.#resend(owned);
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const work = [...this.#owned.values()].filter((owned) => !owned.leaving && this.#hasWork(owned));
      if (work.length === 0) {
        this.#armWakeUpTimer();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      await this.#turnOf(work);
    }
    await this.#appending;
  }

  async #turnOf(work: readonly Owned[]): Promise<void> {
    const { clock } = this.#options;
    const now = clock.now();
    const startMs = clock.monotonicMs();
    const due = new Map(work.map((owned) => [owned, this.#takeDue(owned, now)] as const));
    await fetchMissing(work, due, this.#residents, { timers: this.#options.timers, wanted: () => !this.#closed });
    const fetchedMs = clock.monotonicMs();
    let events = 0;
    const done: Done[] = [];
    for (const owned of work) {
      if (this.#owned.get(owned.shard.id) !== owned || owned.leaving) continue;
      const first = owned.shard.position + 1;
      const turn = this.#turn(owned);
      events += this.#process(owned, turn, due.get(owned) ?? []);
      if (turn.records + turn.answers.length + turn.peers.length > 0) done.push({ owned, turn, first });
    }
    const processedMs = clock.monotonicMs();
    if (this.#planted.answersBeforeAppend === true)
      for (const { owned, turn } of done) this.#letOut(owned, turn.answers.splice(0));
    if (this.#planted.checkpointsAboveDurable === true) this.#checkpoint();
    await this.#appending;
    this.#residents.trim();
    if (this.#checkpointDue()) {
      // A checkpoint wants a moment without anything in flight: this turn is not overlapped.
      await this.#append(done, { events, startMs, fetchedMs, processedMs });
      this.#checkpoint();
    } else this.#appending = this.#append(done, { events, startMs, fetchedMs, processedMs });
  }

  #turn(owned: Owned): Turn {
    const { clock, random } = this.#options;
    const instant =
      this.#planted.clockRunsBackwards === true ? clock.now() : Math.max(clock.now(), owned.shard.instant);
    return new Turn({
      shard: owned.shard,
      residents: this.#residents,
      instant,
      random,
      planted: this.#planted,
      writer: owned.writer,
    });
  }

  /** Returns the number of messages processed. */
  #process(owned: Owned, turn: Turn, due: readonly ProfileId[]): number {
    const { shard } = owned;
    const current = this.#plans.current;
    if (owned.planWanted && current !== undefined) {
      owned.planWanted = false;
      shard.plan = current;
      shard.sweep = undefined;
      turn.emit({ kind: "plan", digest: current.digest });
    }
    for (const id of due) if (turn.wake(id, "due") === "missing") shard.wakeUps.add(turn.instant, id);
    for (const id of owned.sweepIds) turn.wake(id, "plan");
    owned.sweepIds = [];
    let processed = 0;
    while (processed < owned.queue.length && processed < turnEventsMax) {
      const queued = owned.queue[processed];
      if (queued === undefined || turn.process(queued) === "missing") break;
      processed += 1;
    }
    if (processed > 0) {
      owned.queue = owned.queue.slice(processed);
      this.#queued -= processed;
    }
    turn.finish();
    return processed;
  }

  async #append(
    done: readonly Done[],
    timing: { events: number; startMs: number; fetchedMs: number; processedMs: number },
  ): Promise<void> {
    const { store, timers, clock } = this.#options;
    const writing = done.filter(({ turn, owned }) => turn.records > 0 && this.#owned.get(owned.shard.id) === owned);
    const requests = writing.map(({ owned, first }) => {
      const { bytes, count, digest } = owned.writer.finish();
      return { shard: owned.shard.id, epoch: owned.shard.epoch, firstPosition: first, count, digest, bytes };
    });
    const beforeMs = clock.monotonicMs();
    if (requests.length > 0) {
      this.#appendsInFlight += 1;
      const outcomes = await appendAll(store.journal, requests, { timers, wanted: () => !this.#closed });
      this.#appendsInFlight -= 1;
      if (outcomes === "abandoned") return;
      for (const [index, { owned, first, turn }] of writing.entries()) {
        const request = requests[index];
        const outcome = outcomes[index];
        if (request === undefined || outcome === undefined || this.#owned.get(owned.shard.id) !== owned) continue;
        if (
          outcome.is === "ok" ||
          outcome.is === "already" ||
          (outcome.is === "fenced" && this.#planted.ignoresFencing === true)
        ) {
          const before = owned.shard.durable;
          owned.shard.durable = first + request.count - 1;
          this.#retain(request);
          if (turn.sent) this.#sendNew(owned, before);
        } else this.#lose(owned.shard.id);
      }
    }
    for (const { owned, turn } of done) {
      if (this.#owned.get(owned.shard.id) === owned) {
        this.#letOut(owned, turn.answers);
        for (const message of turn.peers) this.#options.sendPeer(message);
      } else
        for (const { link, request } of turn.answers)
          if (request !== undefined) this.#refuse(link, request, "not_owner");
    }
    const records = requests.reduce((sum, { count }) => sum + count, 0);
    this.#options.onTurn?.({
      events: timing.events,
      records,
      fetchMs: timing.fetchedMs - timing.startMs,
      processMs: timing.processedMs - timing.fetchedMs,
      appendMs: clock.monotonicMs() - beforeMs,
    });
  }

  #letOut(owned: Owned, answers: readonly Outgoing[]): void {
    const readable =
      this.#planted.zombieReads === true || this.#options.clock.monotonicMs() <= owned.shard.readableUntilMs;
    for (const { link, message, reads, request } of answers) {
      if (!reads || readable) this.#options.send(link, message);
      else if (request !== undefined) this.#refuse(link, request, "not_owner");
    }
  }

  #sendNew(owned: Owned, after: Position): void {
    for (const to of owned.shard.peers.neighbours)
      for (const entry of owned.shard.peers.toSend(to, owned.shard.durable))
        if (entry.position > after) this.#options.sendPeer(sendMessage(owned.shard, to, entry));
  }

  #resend(owned: Owned): void {
    owned.resentAtMs = this.#options.clock.monotonicMs();
    for (const to of owned.shard.peers.neighbours)
      for (const entry of owned.shard.peers.toSend(to, owned.shard.durable))
        this.#options.sendPeer(sendMessage(owned.shard, to, entry));
  }

  #retain(request: Parameters<Retained["add"]>[0]): void {
    let retained = this.#retained.get(request.shard);
    if (retained === undefined) this.#retained.set(request.shard, (retained = new Retained()));
    retained.add(request);
  }

  #hasWork(owned: Owned): boolean {
    return (
      owned.queue.length > 0 ||
      owned.planWanted ||
      owned.sweepIds.length > 0 ||
      owned.shard.wakeUps.earliest <= this.#options.clock.now()
    );
  }

  #takeDue(owned: Owned, now: number): readonly ProfileId[] {
    const ids: ProfileId[] = [];
    while (ids.length < wakeUpsPerTurnMax) {
      const id = owned.shard.wakeUps.take(now);
      if (id === undefined) break;
      ids.push(id);
    }
    return ids;
  }

  #armWakeUpTimer(): void {
    this.#cancelWakeUpTimer?.();
    this.#cancelWakeUpTimer = undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const { shard } of this.#owned.values()) earliest = Math.min(earliest, shard.wakeUps.earliest);
    if (earliest === Number.POSITIVE_INFINITY) return;
    this.#cancelWakeUpTimer = this.#options.timers.after(Math.max(0, earliest - this.#options.clock.now()), () =>
      this.#signal(),
    );
  }

  /** Once a second, with the leases. */
  #tick(): void {
    const { clock } = this.#options;
    for (const owned of this.#owned.values()) {
      if (owned.leaving) continue;
      if (owned.shard.wakeUps.horizon < clock.now() + wakeUpHorizonMs / 2) void this.#loadWakeUps(owned);
      if (owned.shard.peers.hasUnanswered() && clock.monotonicMs() - owned.resentAtMs > peerResendMs)
        this.#resend(owned);
      if (owned.shard.sweep !== "done" && owned.sweepIds.length === 0) void this.#sweepOn(owned);
    }
    if (this.#appendsInFlight === 0 && this.#checkpointDue()) void this.#quiesce().then(() => this.#checkpoint());
    this.#signal();
  }

  /** Brings the wake-ups of the coming minute into memory. */
  async #loadWakeUps(owned: Owned): Promise<void> {
    if (owned.horizonBusy) return;
    owned.horizonBusy = true;
    const { shard } = owned;
    const until = Math.max(this.#options.clock.now(), shard.instant) + wakeUpHorizonMs;
    const due = await this.#options.store.state.due(shard.id, until, 10_000).catch(() => undefined);
    owned.horizonBusy = false;
    if (due === undefined) return;
    shard.wakeUps.horizon = due.length < 10_000 ? until : (due.at(-1)?.at ?? until);
    for (const { id, at } of due) shard.wakeUps.add(at, id);
    for (const profile of shard.dirtyProfiles()) shard.wakeUps.add(profile.wakeUp, profile.id);
    this.#signal();
  }

  /** Takes the next cold profiles to be looked at with a new plan. */
  async #sweepOn(owned: Owned): Promise<void> {
    const { shard } = owned;
    const cursor = shard.sweep === "done" ? undefined : shard.sweep;
    const rows = await this.#options.store.state.scan(shard.id, cursor, sweepPerTurnMax).catch(() => undefined);
    if (rows === undefined) return;
    owned.sweepIds = rows.map(({ id }) => id);
    shard.sweep = rows.length < sweepPerTurnMax ? "done" : (rows.at(-1)?.id ?? "done");
    this.#signal();
  }

  #checkpointDue(): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    for (const { checkpointer, leaving } of this.#owned.values())
      if (!leaving && checkpointer.due(nowMs, this.#residents.wantsCheckpoint)) return true;
    return false;
  }

  /** Begins a piece for every shard that is due; the caller has seen to it that nothing is in flight. */
  #checkpoint(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const owned of this.#owned.values()) {
      const { shard, checkpointer } = owned;
      if (owned.leaving || !checkpointer.due(nowMs, this.#residents.wantsCheckpoint)) continue;
      if (shard.position !== shard.durable && this.#planted.checkpointsAboveDurable !== true) continue;
      void checkpointer.begin(nowMs).then((outcome) => {
        if (outcome === "fenced" && this.#owned.get(shard.id) === owned) this.#lose(shard.id);
      });
    }
  }

  async #quiesce(): Promise<void> {
    await this.#appending;
  }

  #held(): readonly { readonly shard: ShardId; readonly epoch: Epoch }[] {
    return [...this.#owned.values()].map(({ shard }) => ({ shard: shard.id, epoch: shard.epoch }));
  }

  #renewed(id: ShardId, untilMs: number, shard = this.#owned.get(id)?.shard): void {
    if (shard !== undefined) shard.readableUntilMs = untilMs;
  }

  /** Not ours any more, from this instant: forget everything, tell everybody who waits. */
  #lose(id: ShardId): void {
    const owned = this.#owned.get(id);
    if (owned === undefined) return;
    this.#owned.delete(id);
    this.#refuseQueue(owned);
    for (const { link, watch } of owned.shard.watches.takeAll()) this.#options.send(link, { kind: "unwatched", watch });
    this.#residents.forget(id);
    this.#options.onShard(id, "lost", owned.shard.epoch);
  }

  #refuseQueue(owned: Owned): void {
    const { queue } = owned;
    owned.queue = [];
    this.#queued -= queue.length;
    for (const { link, message } of queue) this.#refuse(link, message, "not_owner");
  }

  #refuse(link: LinkId, message: ToShard, reason: "not_owner" | "busy"): void {
    if (!("request" in message)) return;
    const answer =
      reason === "busy" ? { is: reason, retryAfterMs: busyRetryAfterMs } : { is: reason, shard: message.shard };
    this.#options.send(link, { kind: "answer", request: message.request, answer });
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
