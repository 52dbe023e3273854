/**
 * A node in small for the tests of nights: one worker's own brain, without gateway and threads, so that tests say what time it
 * is and kill it where they like.
 */
import { expect } from "vitest";
import { createRandom, createTimers } from "../../engine/create-clock.ts";
import { ChannelDesk } from "../../engine/deliver/channel-desk.ts";
import { Desk } from "../../engine/deliver/desk.ts";
import type { PutIntoWords } from "../../engine/deliver/letter.ts";
import type { FromDesk } from "../../engine/deliver/port.ts";
import { parseEvent } from "../../engine/gateway/parse-event.ts";
import { createRouter } from "../../engine/gateway/router.ts";
import type { Router } from "../../engine/gateway/router-contract.ts";
import type { FinalAnswer } from "../../engine/gateway/router-port.ts";
import { routingHint, switchRoutingHint } from "../../engine/gateway/routing-hint.ts";
import { createDrainer, type Drainer } from "../../engine/history/drain.ts";
import type { History } from "../../engine/history/port.ts";
import { loadPlan } from "../../engine/language/port.ts";
import type { Clock } from "../../engine/model/clock.ts";
import { slotOfCell } from "../../engine/model/hash.ts";
import { cellKey } from "../../engine/model/identifier.ts";
import {
  type Instant,
  type NodeId,
  type PlanDigest,
  type ProfileId,
  type ShardId,
  shardOfSlot,
  type SourceId,
} from "../../engine/model/ids.ts";
import type { CallOutcome } from "../../engine/model/message.ts";
import type { Plan } from "../../engine/model/plan.ts";
import { decodeRecord } from "../../engine/model/record-codec.ts";
import { growTo } from "../../engine/reconcile/grow.ts";
import { withLineage } from "../../engine/history/lineage.ts";
import { scanPeople } from "../../engine/reconcile/live-part.ts";
import type { ReconcileReport } from "../../engine/reconcile/port.ts";
import { createRestoring, type MadeRestoring } from "../../engine/reconcile/restoring.ts";
import { rebuild } from "../../engine/reconcile/rebuild.ts";
import { reconcile } from "../../engine/reconcile/reconcile.ts";
import type { DeliveryWay } from "../../engine/shard/delivery-way.ts";
import type { Answer, ShardFix, ToShard } from "../../engine/shard/port.ts";
import { profilesOf } from "../../engine/shard/refold-port.ts";
import { ShardHost } from "../../engine/shard/shard-host.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { until } from "./waiting.ts";

export interface Said {
  readonly visitor: string;
  readonly user?: string;
  readonly event?: object;
  readonly trusted?: boolean;
  /** It is answered to a page. */
  readonly decide?: boolean;
}

/** The link by which the gateway's questions come; the test's own come by 0. */
const GATEWAY = 1;
const NEVER_OPEN = { failures: Number.POSITIVE_INFINITY, firstMs: 0, longestMs: 0 };
const WORDS: PutIntoWords = ({ values: _values, zone: _zone, ...letter }) => ({
  is: "rendered",
  message: { ...letter, language: "en", parts: { is: "webhook", type: "hello", fields: {} } },
});

export interface ShardBenchOptions {
  /** Of the rules. */
  readonly bytes: Uint8Array;
  /** The time that it is at first. */
  readonly start: Instant;
  /** What comes of each call of the channel `webhook`; absent: messages wait. */
  readonly deliver?: () => CallOutcome | Promise<CallOutcome>;
}

function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A worker's own brain on a store, whose time the test passes, beside a history; nights with the night's own code. */
export class ShardBench {
  now: Instant;
  store: HotStore;
  /** For nights: a folder in which rows of a shard in parts are put away; undefined: each part reads all. */
  scratch: string | undefined;
  /** What shards say to each other is lost. */
  deaf = false;
  readonly history: History;
  #host: ShardHost;
  #restoring: MadeRestoring | undefined;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #requests = 0;
  #said = 0;
  #nights = 0;
  readonly #rules: { readonly bytes: Uint8Array; readonly plan: Plan };

  readonly #deliver: ShardBenchOptions["deliver"];
  #router: Router;

  constructor(store: HotStore, history: History, { bytes, start, deliver }: ShardBenchOptions) {
    this.store = store;
    this.history = history;
    this.now = start;
    this.#deliver = deliver;
    this.#rules = { bytes, plan: loadPlan(bytes) };
    this.#host = this.#create();
    this.#router = this.#createRouter();
  }

  #createRouter(): Router {
    return createRouter({
      shards: this.store.shards,
      clock: this.clock,
      timers: createTimers(),
      send: (_shard, message) => {
        this.#host.receive(GATEWAY, message);
        return true;
      },
      hint: routingHint,
      switchHint: switchRoutingHint,
    });
  }

  #create(): ShardHost {
    const isOurs = (): boolean => host === this.#host;
    this.#restoring?.close();
    const made = createRestoring({
      store: this.store,
      history: this.history,
      loadPlan,
      clock: this.clock,
      rest: turnOfOthers,
      later: turnOfOthers,
      onNote: () => undefined,
    });
    this.#restoring = made;
    const host: ShardHost = new ShardHost({
      node: "n1" as NodeId,
      store: made.store,
      restoring: made.restoring,
      history: undefined,
      loadPlan,
      parse: (body, origin) => parseEvent(body, origin, { identifiers: {}, trustBrowsers: false, serverKeys: [] }),
      clock: this.clock,
      timers: createTimers(),
      random: createRandom(),
      cacheBytesMax: 8 * 1024 * 1024,
      send: (link, message) => {
        if (!isOurs()) return;
        if (link === GATEWAY) this.#router.receive(message);
        else if (message.kind === "answer") this.#waiting.get(message.request)?.(message.answer);
      },
      sendPeer: (message) => {
        if (isOurs() && !this.deaf) queueMicrotask(() => this.#host.receive(0, message));
      },
      onShard: () => undefined,
      ...(this.#deliver && { delivery: this.#deliveryOf(this.#deliver, () => host) }),
    });
    return host;
  }

  /** The desk of a delivery thread, whose one channel leads to the test. */
  #deliveryOf(deliver: NonNullable<ShardBenchOptions["deliver"]>, host: () => ShardHost): DeliveryWay {
    const channel = new ChannelDesk({
      adapter: {
        name: "test",
        channel: "webhook",
        abilities: { idempotentForMs: 0, reports: [] },
        deliver: () => Promise.resolve(deliver()),
        close: () => Promise.resolve(),
      },
      bounds: { concurrency: 8, perSecond: undefined, callMsMax: 10_000, breaker: NEVER_OPEN },
      clock: this.clock,
      timers: createTimers(),
      random: createRandom(),
      words: () => WORDS,
    });
    const desk = new Desk(new Map([["webhook", channel]]));
    const client = { send: (said: FromDesk) => host().receiveDelivery(said) };
    return {
      send: (said) => desk.receive(said, client),
      idempotentForMs: () => 0,
      linksOf: () => ({ reference: "", links: {} }),
    };
  }

  get clock(): Clock {
    return { now: () => this.now, monotonicMs: () => performance.now() };
  }

  async own(): Promise<void> {
    const { plan, bytes } = this.#rules;
    await this.store.plans.put(plan.digest, bytes);
    await this.#host.activate(plan.digest);
    for (let shard = 0; shard < this.store.shards; shard++)
      // The one before may have raised its counter meanwhile: nobody has told it that it is dead.
      await until("the shard is ours", async () => {
        const lease = (await this.store.leases.readLeases()).find((each) => each.shard === shard);
        return lease !== undefined && this.#host.claim(lease);
      });
  }

  /** As after a kill: nothing of the old one is kept or closed. */
  async crash(): Promise<void> {
    this.#host = this.#create();
    await this.own();
    for (let shard = 0; shard < this.store.shards; shard++) this.#router.ownerChanged(shard as ShardId);
  }

  /** All that the live store had is gone, and it may be of more shards; so is the worker. What was not drained yet is lost. */
  async lose(store: HotStore): Promise<void> {
    await growTo(this.history, store.shards);
    this.store = store;
    this.#router.close();
    this.#router = this.#createRouter();
    await this.crash();
  }

  /** How much the store still lacks of what it lost. */
  get unfilled(): number {
    return this.#host.status().reduce((sum, { unfilled }) => sum + unfilled, 0);
  }

  close(): Promise<void> {
    this.#restoring?.close();
    this.#router.close();
    return this.#host.close();
  }

  ask(make: (request: number) => ToShard): Promise<Answer> {
    const request = ++this.#requests;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(request, resolve));
    this.#host.receive(0, make(request));
    return answered;
  }

  async say({
    visitor,
    user,
    event,
    trusted = true,
    decide = false,
  }: Said): Promise<Extract<Answer, { is: "applied" | "duplicate" }>> {
    this.#said += 1;
    const message = {
      ...(event ?? { type: "track", event: "Product Viewed", properties: { category: "shoes" } }),
      messageId: `m-${this.#said}`,
      anonymousId: visitor,
      ...(user !== undefined && { userId: user }),
    };
    const answer = await this.ask((request) => ({
      kind: "event",
      shard: this.homeOf(visitor),
      request,
      origin: { source: "server" as SourceId, trusted, visitor: undefined, receivedAt: this.now },
      profile: undefined,
      told: false,
      route: 0,
      decide,
      body: Buffer.from(JSON.stringify(message)),
    }));
    if (answer.is !== "applied") throw new Error(`an event is answered ${JSON.stringify(answer)}`);
    return answer;
  }

  /** By a gateway's own way: whoever the person has become by now, and repeated where its shard is taken over. */
  send(message: object): Promise<FinalAnswer> {
    const origin = { source: "server" as SourceId, trusted: true, visitor: undefined, receivedAt: this.now };
    const body = Buffer.from(JSON.stringify(message));
    return new Promise((resolve) =>
      this.#router.event(this.#router.createLane(), body, { origin, decide: false }, resolve),
    );
  }

  readonly repair = async (shard: ShardId, fix: ShardFix): Promise<boolean> =>
    (await this.ask((request) => ({ kind: "repair", shard, request, fix }))).is === "done";

  readonly planOf = async (digest: PlanDigest): Promise<Plan | undefined> => {
    if (digest === this.#rules.plan.digest) return this.#rules.plan;
    const before = await this.history.document({ kind: "plan", key: digest });
    return before && loadPlan(before.content);
  };

  /** All that was recorded is stored, and in history. */
  async settle(): Promise<void> {
    for (let shard = 0; shard < this.store.shards; shard++) {
      await this.repair(shard as ShardId, { of: "checkpoint" });
      await until("the shard is stored", async () => {
        const { position = 0, unanswered } = this.#host.status().find((each) => each.shard === shard) ?? {};
        const stored = (await this.store.state.loadMeta(shard as ShardId))?.watermark ?? 0;
        return stored >= position && unanswered !== true;
      });
    }
    await this.drain();
  }

  /** All that was recorded is in history. */
  async drain(): Promise<void> {
    const drainer = this.createDrainer();
    await drainer.flush();
    await drainer.close();
  }

  /** How many records of people history has. */
  async recordsOf(isWanted: (profile: ProfileId) => boolean): Promise<number> {
    const kinds = ["event", "transition", "repaired"] as const;
    const about = (await this.history.recordsOf(kinds)).flatMap(({ record }) => profilesOf(decodeRecord(record)));
    return about.filter(isWanted).length;
  }

  /** Of whoever owns the shards by then; to be flushed. */
  createDrainer(): Drainer {
    return createDrainer({
      store: this.store,
      history: this.history,
      shards: () => this.#host.status().map(({ shard, epoch }) => ({ shard, epoch })),
      clock: this.clock,
      timers: { after: () => () => undefined },
      onDrained: (shard, position) => this.#host.drained(shard, position),
    });
  }

  /** Fills an empty store from the history that this one has. */
  rebuildInto(store: HotStore): ReturnType<typeof rebuild> {
    return rebuild({
      store,
      history: this.history,
      loadPlan,
      rules: this.#rules.bytes,
      now: () => this.now,
      random: createRandom(),
      onProgress: () => undefined,
    });
  }

  /** Another one, by snapshots and by all records. */
  async expectNoDrift(): Promise<void> {
    await this.settle();
    for (const whole of [false, true]) {
      const report = await this.reconcile(whole);
      expect({ drifts: report.drifts, told: report.told }).toEqual({ drifts: 0, told: [] });
    }
  }

  /** @param pause where something else goes on meanwhile, which a night waits for */
  async reconcile(
    whole: boolean,
    pause: (delayMs: number) => Promise<void> = async () => undefined,
  ): Promise<ReconcileReport> {
    this.#nights += 1;
    const startedAt = this.now + this.#nights;
    return reconcile({
      store: this.store,
      history: await withLineage(this.history),
      planOf: this.planOf,
      now: () => startedAt,
      pause,
      node: "test",
      dryRun: false,
      whole,
      repair: this.repair,
      scratch: this.scratch,
      onProgress: () => undefined,
    });
  }

  async people(): Promise<readonly ProfileId[]> {
    const ids: ProfileId[] = [];
    for (let shard = 0; shard < this.store.shards; shard++)
      for await (const page of scanPeople(this.store.state, shard as ShardId)) ids.push(...page.map(({ id }) => id));
    return ids.sort();
  }

  async cellOf(visitor: string): Promise<ProfileId | undefined> {
    const key = cellKey({ kind: "anonymous", value: visitor });
    return (await this.store.state.loadCells(this.homeOf(visitor), [key]))[0];
  }

  homeOf(visitor: string): ShardId {
    return shardOfSlot(slotOfCell(cellKey({ kind: "anonymous", value: visitor })), this.store.shards);
  }
}
