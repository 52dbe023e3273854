/**
 * The brain of a worker: the only writer of the shards it owns. One loop takes what has come for all of them, processes it
 * (turn.ts), makes it durable and only then lets the answers out (appender.ts). While an append is on its way, turns that
 * are worth it go on; what they make waits for it to return. Under load turns keep apart (turn-pace.ts).
 *
 * Modes of a shard here: recovering (claimed, being folded: messages queue) -> owned -> leaving (being handed over:
 * messages are answered not_owner) -> gone. A fenced append, a lost lease or a store that went back in time make it gone
 * at once; who still waits is told not_owner and its gateway repeats.
 *
 * All waiting is on promises of the ports and on injected timers, so that a simulator can run it step by step.
 */
import type { FromDesk } from "../deliver/port.ts";
import { fetchingQueueMax, handOverMsMax, turnEventsMax, workerQueueMax } from "../limits.ts";
import { rehearsalProfilesMax } from "../limits-of-rules.ts";
import type { Epoch, PlanDigest, Position, ShardId } from "../model/ids.ts";
import { type Orders, sameOrders } from "../model/orders.ts";
import type { Plan } from "../model/plan.ts";
import type { Lease } from "../store/port.ts";
import { Appender } from "./appender.ts";
import { Beside, type Due } from "./beside.ts";
import { Checkpointer } from "./checkpoint.ts";
import { endCalls, processDeliveries } from "./delivering.ts";
import { epochFloor, Leasing } from "./leasing.ts";
import { type Owned, OwnedShards, type Processed, createOwned, hasWork, processedTurn } from "./owned.ts";
import { beginPlan, heedOrders, lackingFor } from "./plan-sweep.ts";
import { PlanShelf } from "./plan-shelf.ts";
import type { PlantedBugs } from "./planted-bugs.ts";
import type { ToShard } from "./port.ts";
import { fetchBeside, fetchMissing, type Fetching } from "./prefetch.ts";
import { ReceiptAsking } from "./receipt-asking.ts";
import type { ShardHostOptions } from "./shard-host-options.ts";
import { recover } from "./recovery.ts";
import { rehearsal } from "./rehearsal.ts";
import { Residents } from "./residents.ts";
import type { Shard } from "./shard.ts";
import { type ShardStatus, statusOf } from "./shard-status.ts";
import { type Queued, Turn } from "./turn.ts";
import { TurnPace } from "./turn-pace.ts";
import { Upkeep } from "./upkeep.ts";
import type { LinkId } from "./watches.ts";

export class ShardHost {
  readonly #options: ShardHostOptions;
  readonly #planted: PlantedBugs;
  readonly #residents: Residents;
  readonly #plans: PlanShelf;
  readonly #leasing: Leasing;
  readonly #appender: Appender;
  readonly #upkeep: Upkeep;
  readonly #asking: ReceiptAsking;
  readonly #beside: Beside;
  readonly #pace: TurnPace;
  readonly #fetching: Fetching;
  readonly #owned = new OwnedShards();
  /** Messages for shards whose claim is being recovered. */
  readonly #recovering = new Map<ShardId, Queued[]>();
  /** The highest epoch we know of each shard we ever owned. */
  readonly #epochs = new Map<ShardId, Epoch>();
  /** Of each shard, the epochs between which nobody but this host has owned it: its journal is the one we wrote. */
  readonly #unbroken = new Map<ShardId, Set<Epoch>>();
  /** undefined: not known yet, and each shard heeds what it did. */
  #orders: Orders | undefined;
  #queued = 0;
  #closed = false;
  #wake: (() => void) | undefined;
  readonly #loop: Promise<void>;

  constructor(options: ShardHostOptions) {
    this.#options = options;
    this.#planted = options.planted ?? {};
    this.#pace = new TurnPace(options);
    this.#residents = new Residents(options.store, options.cacheBytesMax, options);
    this.#plans = new PlanShelf({ ...options, plans: options.store.plans, rehearse: (plan) => this.#rehearse(plan) });
    const shared = {
      ...options,
      owned: this.#owned,
      planted: this.#planted,
      residents: this.#residents,
      onTurn: options.onTurn,
      wanted: () => !this.#closed,
      lose: (shard: ShardId) => this.#lose(shard),
      outdone: (shard: ShardId, by: Epoch) => void this.#epochs.set(shard, by),
      signal: () => this.#signal(),
    };
    this.#appender = new Appender(shared);
    this.#upkeep = new Upkeep(shared);
    this.#fetching = { ...shared, isFilling: (shard) => (options.restoring?.unfilled(shard) ?? 0) > 0 };
    this.#beside = new Beside({ ...shared, sweepOn: (owned) => void this.#upkeep.sweepOn(owned) });
    this.#asking = new ReceiptAsking({ ...shared, refuse: (link, message) => this.#refuseAsked(link, message) });
    this.#leasing = new Leasing({
      ...options,
      held: () => [...this.#owned.values()].map(({ shard }) => ({ shard: shard.id, epoch: shard.epoch })),
      onRenewed: (shard, untilMs) => {
        const owned = this.#owned.get(shard);
        if (owned !== undefined) owned.shard.readableUntilMs = untilMs;
      },
      onLost: (shard) => this.#lose(shard),
      onTick: () => this.#upkeep.tick(),
    });
    this.#loop = this.#run();
  }

  receive(link: LinkId, message: ToShard): void {
    const owned = this.#owned.get(message.shard);
    const queue = owned?.queue ?? this.#recovering.get(message.shard);
    if (queue === undefined || owned?.leaving === true || this.#closed)
      return this.#appender.refuse(link, message, "not_owner");
    const bounded = message.kind === "event" || message.kind === "read" || message.kind === "watch";
    const isFull = owned?.fetching ? queue.length >= fetchingQueueMax : this.#queued >= workerQueueMax;
    if (bounded && isFull) return this.#appender.refuse(link, message, "busy");
    this.#queued += 1;
    const parsed =
      message.kind === "event" ? this.#options.parse(message.body, message.origin, message.route) : undefined;
    queue.push({ link, message, parsed });
    this.#signal();
  }

  /** The delivery thread speaks to the owner of a shard; to one that is not ours any more nobody listens. */
  receiveDelivery(delivery: FromDesk): void {
    const owned = this.#owned.get(delivery.shard);
    if (owned === undefined || this.#closed) {
      const { shard } = delivery;
      return this.#options.delivery?.send({ is: "lost", shard });
    }
    owned.deliveries.push(delivery);
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
    let recovered: Shard | undefined;
    try {
      recovered = await this.#takeOver(seen);
    } finally {
      const waiting = this.#recovering.get(shard) ?? [];
      this.#recovering.delete(shard);
      if (recovered === undefined) {
        this.#queued -= waiting.length;
        this.#residents.forget(shard);
        for (const { link, message } of waiting) this.#appender.refuse(link, message, "not_owner");
        this.#options.onShard(shard, "lost", this.#epochs.get(shard) ?? 0);
      } else this.#own(recovered, waiting);
    }
    return recovered !== undefined;
  }

  /** Hands a shard over cleanly: stored as far as there is time, then nobody's. */
  async release(id: ShardId): Promise<void> {
    const owned = this.#owned.get(id);
    if (owned === undefined || owned.leaving) return;
    const { checkpointer, shard } = owned;
    const untilMs = this.#options.clock.monotonicMs() + handOverMsMax;
    const wanted = (): boolean => this.#owned.holds(owned) && !owned.leaving;
    if (!(await endCalls(shard.deliveries, { ...this.#options, wanted }))) return;
    owned.leaving = true;
    this.#refuseQueue(owned);
    // A turn that was processed already may still wait for its append: nothing is stored above what is durable.
    do await this.#appender.settled();
    while (this.#owned.holds(owned) && shard.durable < shard.position);
    await checkpointer.storeAll(untilMs);
    if (!this.#owned.holds(owned)) return;
    this.#lose(id);
    await this.#options.store.leases.release(this.#options.node, id, shard.epoch).catch(() => undefined);
  }

  /** Once it is ready all shards decide with this plan, from their next turn on. Its bytes are in the store. */
  async activate(digest: PlanDigest): Promise<void> {
    const lackings = (plan: Plan) => [...this.#owned.values()].map(({ shard }) => lackingFor(shard, plan));
    if ((await this.#plans.activate(digest, lackings)) === "overtaken") return;
    for (const owned of this.#owned.values()) owned.planWanted = owned.shard.plan.digest !== digest;
    this.#signal();
  }

  async #rehearse(plan: Plan): Promise<void> {
    const { clock, runGently } = this.#options;
    await runGently?.(rehearsal(plan, this.#residents.some(rehearsalProfilesMax), clock.now()));
  }

  /** From the next turn on all shards heed these orders. */
  heed(orders: Orders): void {
    this.#orders = orders;
    for (const owned of this.#owned.values()) owned.ordersWanted = !sameOrders(orders, owned.shard.orders);
    this.#signal();
  }

  /** History holds this shard's journal up to `position`. */
  drained(shard: ShardId, position: Position): void {
    for (const [from, n] of this.#owned.get(shard)?.shard.noteDrained(position) ?? [])
      this.#options.sendPeer({ kind: "drained", shard: from, from: shard, n });
  }

  status(): readonly ShardStatus[] {
    const { restoring } = this.#options;
    return [...this.#owned.values()].map((owned) => statusOf(owned, restoring?.unfilled(owned.shard.id) ?? 0));
  }

  /** Why nothing can be appended at present; undefined while all is well. */
  get trouble(): string | undefined {
    return this.#appender.trouble;
  }

  /** Resident bytes of cached profiles and cells. */
  get cacheBytes(): number {
    return this.#residents.bytes;
  }

  /** Stops cleanly: what was received is answered or refused, shards are handed over; or left, if nothing can be stored. */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.trouble === undefined) await Promise.all([...this.#owned.keys()].map((shard) => this.release(shard)));
    this.#closed = true;
    this.#leasing.close();
    this.#upkeep.close();
    this.#beside.close();
    this.#signal();
    await this.#loop;
  }

  async #takeOver(seen: Lease): Promise<Shard | undefined> {
    const { store, node, clock, onShard, random } = this.#options;
    const { shard } = seen;
    const sentAtMs = clock.monotonicMs();
    const floor = epochFloor(Math.max(seen.epoch, this.#epochs.get(shard) ?? 0), random);
    const unbroken = this.#unbroken.get(shard)?.has(seen.epoch) === true;
    const epochs = (unbroken ? this.#unbroken.get(shard) : undefined) ?? new Set<Epoch>();
    // Ours also when the answer is lost.
    this.#unbroken.set(shard, epochs.add(seen.epoch).add(floor + 1));
    const epoch = await store.leases.claim(seen, node, floor).catch(() => undefined);
    if (epoch === undefined) return undefined;
    epochs.add(epoch);
    this.#epochs.set(shard, epoch);
    onShard(shard, "recovering", epoch);
    this.#leasing.recovering(shard, epoch, sentAtMs);
    try {
      const recovered = await recover({
        ...this.#options,
        shard,
        epoch,
        residents: this.#residents,
        retained: this.#appender.retained(shard),
        unbroken,
        onOutdone: (by) => this.#epochs.set(shard, by),
        plan: this.#plans.require(),
        planOf: (digest) => this.#plans.of(digest),
        wanted: () => !this.#closed && this.#leasing.holds(shard, epoch),
        planted: this.#planted,
      });
      if (recovered !== undefined) recovered.readableUntilMs = this.#leasing.readableUntilMs(shard);
      return recovered;
    } finally {
      this.#leasing.recovered(shard);
    }
  }

  #own(shard: Shard, waiting: Queued[]): void {
    const { store, clock, onShard, sendPeer } = this.#options;
    const wanted = (): boolean => !this.#closed && this.#owned.get(shard.id)?.shard === shard;
    const appended = async () => this.#planted.checkpointsAboveDurable === true || this.#appender.settled();
    const around = { ...this.#options, residents: this.#residents, wanted, appended };
    const owned = createOwned(shard, new Checkpointer(shard, around), clock.monotonicMs());
    owned.queue = waiting;
    shard.deliveries.isOpen = this.#options.delivery !== undefined;
    // A journal names its plan before anything is decided by it: who folds it later may have another one.
    owned.planWanted = shard.plans.length === 0 || shard.plan !== this.#plans.held(shard.lacking);
    owned.ordersWanted = this.#orders !== undefined && !sameOrders(this.#orders, shard.orders);
    this.#owned.set(shard.id, owned);
    onShard(shard.id, "owned", shard.epoch);
    void this.#upkeep.loadWakeUps(owned);
    const turn = this.#turn(owned);
    for (let other = 0; other < store.shards; other++) sendPeer(turn.greeting(other as ShardId, true));
    this.#upkeep.resend(owned);
    this.#signal();
  }

  async #run(): Promise<void> {
    const { othersFirst } = this.#options;
    for (;;) {
      await othersFirst?.();
      if (this.#closed) break;
      const wanted = [...this.#owned.values()].filter((owned) => hasWork(owned) || this.#beside.isWanted(owned));
      fetchBeside(wanted, this.#fetching);
      const work = wanted.filter(({ leaving, fetching }) => !leaving && !fetching);
      const rest = work.length > 0 ? this.#pace.rest(this.#queued) : undefined;
      if (rest !== undefined) await rest;
      else if (work.length > 0 && this.#appender.admits(this.#queued)) await this.#turnOf(work);
      else {
        if (work.length === 0) this.#beside.sleep(this.#owned.values());
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    await this.#appender.settled();
  }

  async #turnOf(work: readonly Owned[]): Promise<void> {
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    const due = this.#beside.take(work);
    await fetchMissing(work, due, this.#fetching);
    const fetchedMs = clock.monotonicMs();
    let events = 0;
    const processed: Processed[] = [];
    this.#beside.begin(due);
    for (const owned of work) {
      if (!this.#owned.holds(owned) || owned.leaving) continue;
      const first = owned.shard.position + 1;
      const turn = this.#turn(owned);
      events += this.#process(owned, turn, due);
      processed.push(processedTurn(owned, turn, first));
    }
    this.#beside.end(due);
    for (const each of processed) this.#appender.letOutEarly(each);
    if (this.#planted.checkpointsAboveDurable === true) this.#upkeep.checkpoint();
    this.#pace.noteTurn(startMs, events);
    this.#appender.add(processed, { events, fetchMs: fetchedMs - startMs, processMs: clock.monotonicMs() - fetchedMs });
    this.#residents.trim(events);
    if (this.#residents.wantsCheckpoint) this.#upkeep.checkpoint();
  }

  #turn({ shard, writer }: Owned): Turn {
    const { clock, random } = this.#options;
    const now = clock.now();
    const instant = this.#planted.clockRunsBackwards === true ? now : Math.max(now, shard.instant);
    return new Turn({
      shard,
      residents: this.#residents,
      instant,
      random,
      planted: this.#planted,
      writer,
      delivery: this.#options.delivery,
      beganMs: clock.monotonicMs(),
    });
  }

  /** Returns the number of messages processed. */
  #process(owned: Owned, turn: Turn, due: Due): number {
    const { current } = this.#plans;
    if (owned.planWanted && current !== undefined)
      beginPlan(owned, turn, current, (lacking) => this.#plans.held(lacking));
    if (owned.ordersWanted && this.#orders !== undefined) heedOrders(owned, turn, this.#orders);
    processDeliveries(turn, owned);
    this.#beside.process(owned, turn, due);
    let count = 0;
    // Who was parked and may go on goes before all that follows: the turn ends there.
    while (count < owned.queue.length && count < turnEventsMax && turn.returned.length === 0) {
      const queued = owned.queue[count];
      if (queued === undefined || turn.process(queued) === "missing") break;
      count += 1;
    }
    if (count > 0) owned.queue = owned.queue.slice(count);
    owned.queue.unshift(...turn.returned);
    this.#queued += turn.returned.length + turn.asked.length - count;
    for (const { queued, digest } of turn.asked) void this.#asking.ask(owned, queued, digest);
    if (turn.warmed) owned.planWanted = true;
    turn.finish();
    return count;
  }

  /** Not ours any more, from this instant: forget everything, tell everybody who waits. */
  #lose(id: ShardId): void {
    const owned = this.#owned.get(id);
    if (owned === undefined) return;
    this.#owned.delete(id);
    this.#refuseQueue(owned);
    for (const { link, watch } of owned.shard.watches.takeAll()) this.#options.send(link, { kind: "unwatched", watch });
    this.#residents.forget(id);
    this.#options.delivery?.send({ is: "lost", shard: id });
    this.#options.onShard(id, "lost", owned.shard.epoch);
  }

  #refuseAsked(link: LinkId, message: ToShard): void {
    this.#queued -= 1;
    this.#appender.refuse(link, message, "not_owner");
  }

  #refuseQueue(owned: Owned): void {
    const queue = [...owned.shard.parked.take(), ...owned.queue];
    this.#queued -= owned.queue.length;
    owned.queue = [];
    for (const { link, message } of queue) this.#appender.refuse(link, message, "not_owner");
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
