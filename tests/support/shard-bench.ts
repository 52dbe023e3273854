/**
 * A node in small for the tests of nights: one worker's own brain, without gateway and threads, so that tests say what time it
 * is and kill it where they like.
 */
import { expect } from "vitest";
import { createRandom, createTimers } from "../../engine/create-clock.ts";
import { parseEvent } from "../../engine/gateway/parse-event.ts";
import { createDrainer } from "../../engine/history/drain.ts";
import type { History } from "../../engine/history/port.ts";
import { loadPlan } from "../../engine/language/port.ts";
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
import type { Plan } from "../../engine/model/plan.ts";
import { scanPeople } from "../../engine/reconcile/live-part.ts";
import { reconcile } from "../../engine/reconcile/reconcile.ts";
import type { Answer, ShardFix, ToShard } from "../../engine/shard/port.ts";
import { ShardHost } from "../../engine/shard/shard-host.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { until } from "./waiting.ts";

export interface Said {
  readonly visitor: string;
  readonly user?: string;
  readonly event?: object;
  readonly trusted?: boolean;
}

/** A worker's own brain on a store, whose time the test passes, beside a history; nights with the night's own code. */
export class ShardBench {
  now: Instant;
  readonly store: HotStore;
  readonly history: History;
  #host: ShardHost;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #requests = 0;
  #said = 0;
  #nights = 0;
  readonly #rules: { readonly bytes: Uint8Array; readonly plan: Plan };

  /** @param start the time that it is at first */
  constructor(
    store: HotStore,
    history: History,
    { bytes, start }: { readonly bytes: Uint8Array; readonly start: Instant },
  ) {
    this.store = store;
    this.history = history;
    this.now = start;
    this.#rules = { bytes, plan: loadPlan(bytes) };
    this.#host = this.#create();
  }

  #create(): ShardHost {
    return new ShardHost({
      node: "n1" as NodeId,
      store: this.store,
      history: undefined,
      loadPlan,
      parse: (body, origin) => parseEvent(body, origin, { identifiers: {}, trustBrowsers: false, serverKeys: [] }),
      clock: { now: () => this.now, monotonicMs: () => performance.now() },
      timers: createTimers(),
      random: createRandom(),
      cacheBytesMax: 8 * 1024 * 1024,
      send: (_link, message) => {
        if (message.kind === "answer") this.#waiting.get(message.request)?.(message.answer);
      },
      sendPeer: (message) => queueMicrotask(() => this.#host.receive(0, message)),
      onShard: () => undefined,
    });
  }

  async own(): Promise<void> {
    const { plan, bytes } = this.#rules;
    await this.store.plans.put(plan.digest, bytes);
    await this.#host.activate(plan.digest);
    for (const lease of await this.store.leases.readLeases()) expect(await this.#host.claim(lease)).toBe(true);
  }

  /** As after a kill: nothing of the old one is kept or closed. */
  async crash(): Promise<void> {
    this.#host = this.#create();
    await this.own();
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  ask(make: (request: number) => ToShard): Promise<Answer> {
    const request = ++this.#requests;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(request, resolve));
    this.#host.receive(0, make(request));
    return answered;
  }

  async say({ visitor, user, event, trusted = true }: Said): Promise<Extract<Answer, { is: "applied" | "duplicate" }>> {
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
      decide: false,
      body: Buffer.from(JSON.stringify(message)),
    }));
    if (answer.is !== "applied") throw new Error(`an event is answered ${JSON.stringify(answer)}`);
    return answer;
  }

  readonly repair = async (shard: ShardId, fix: ShardFix): Promise<boolean> =>
    (await this.ask((request) => ({ kind: "repair", shard, request, fix }))).is === "done";

  readonly planOf = async (digest: PlanDigest): Promise<Plan | undefined> =>
    digest === this.#rules.plan.digest ? this.#rules.plan : undefined;

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
    const drainer = createDrainer({
      store: this.store,
      history: this.history,
      shards: () => this.#host.status().map(({ shard, epoch }) => ({ shard, epoch })),
      clock: { now: () => this.now, monotonicMs: () => performance.now() },
      timers: { after: () => () => undefined },
    });
    await drainer.flush();
    await drainer.close();
  }

  /** Another one, by snapshots and by all records. */
  async expectNoDrift(): Promise<void> {
    await this.settle();
    for (const whole of [false, true]) {
      this.#nights += 1;
      const startedAt = this.now + this.#nights;
      const report = await reconcile({
        store: this.store,
        history: this.history,
        planOf: this.planOf,
        now: () => startedAt,
        pause: async () => undefined,
        node: "test",
        dryRun: false,
        whole,
        repair: this.repair,
        onProgress: () => undefined,
      });
      expect({ drifts: report.drifts, told: report.told }).toEqual({ drifts: 0, told: [] });
    }
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
