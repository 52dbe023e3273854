/** A worker's brain on a reference store, for its tests: one host, real parser, real rules, real time. */
import { expect } from "vitest";
import { parseEvent } from "../gateway/parse-event.ts";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import { cellKey, type Identifier } from "../model/identifier.ts";
import { type NodeId, type ProfileId, type ShardId, type SourceId, shardOfSlot } from "../model/ids.ts";
import { slotOfCell } from "../model/hash.ts";
import type { HotStore } from "../store/port.ts";
import type { Answer, FromShard, Origin, PeerMessage, ToShard } from "./port.ts";
import { ShardHost } from "./shard-host.ts";

export const SHARDS = 4;
export const FILES = [
  { path: "fields.yaml", text: "fields:\n  city: {type: text}\n" },
  { path: "events/product_viewed.yaml", text: "event: product_viewed\nproperties:\n  category: {type: text}\n" },
  {
    path: "segments/browsers.yaml",
    text: "segment: browsers\ntitle: Looks around\nwhen: count of product_viewed in last 7 days >= 2\n",
  },
  {
    path: "content/hero.yaml",
    text: "content: hero\nfirst of:\n  - {when: in segment browsers, show: shoes}\notherwise: plain\n",
  },
  {
    path: "content/offer.yaml",
    text: "content: offer\nholdout: 40%\nfirst of:\n  - {when: in segment browsers, show: voucher}\notherwise: none\n",
  },
];
export const RULES = checkRules(FILES);

const ORIGIN: Origin = { source: "server" as SourceId, trusted: true, visitor: undefined, receivedAt: 0 };

export class Bench {
  readonly store: HotStore;
  host: ShardHost;
  readonly pushes: Extract<FromShard, { kind: "push" }>[] = [];
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #othersFirst: () => Promise<void>;
  #request = 0;

  constructor(store: HotStore, othersFirst = () => new Promise<void>((resolve) => void setImmediate(resolve))) {
    this.store = store;
    this.#othersFirst = othersFirst;
    this.host = this.#create();
  }

  #create(): ShardHost {
    return new ShardHost({
      node: "n1" as NodeId,
      store: this.store,
      history: undefined,
      loadPlan,
      parse: (body, origin) => parseEvent(body, origin, { identifiers: {}, trustBrowsers: false, serverKeys: [] }),
      clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
      timers: {
        after: (delayMs, task) => {
          const timer = setTimeout(task, delayMs);
          return () => clearTimeout(timer);
        },
      },
      random: { below: (bound) => Math.floor(Math.random() * bound) },
      cacheBytesMax: 8 * 1024 * 1024,
      send: (_link, message) => {
        if (message.kind === "push") this.pushes.push(message);
        if (message.kind === "answer") this.#waiting.get(message.request)?.(message.answer);
      },
      sendPeer: (message: PeerMessage) => queueMicrotask(() => this.host.receive(0, message)),
      onShard: () => undefined,
      othersFirst: this.#othersFirst,
    });
  }

  async own(): Promise<void> {
    await this.store.plans.put(DIGEST, PLAN_BYTES);
    await this.host.activate(DIGEST);
    for (const lease of await this.store.leases.readLeases()) expect(await this.host.claim(lease)).toBe(true);
  }

  /** As after a kill: nothing of the old host is kept or closed. */
  async crash(): Promise<void> {
    const dead = this.host;
    this.host = this.#create();
    await this.own();
    void dead;
  }

  async ask(
    make: (shard: ShardId, request: number, profile: ProfileId | undefined, route: number) => ToShard,
    home: Identifier,
  ): Promise<Answer> {
    let shard = shardOfSlot(slotOfCell(cellKey(home)), SHARDS);
    let profile: ProfileId | undefined;
    let route = 0;
    for (let hop = 0; hop < 8; hop++) {
      const request = ++this.#request;
      const answered = new Promise<Answer>((resolve) => this.#waiting.set(request, resolve));
      this.host.receive(0, make(shard, request, profile, route));
      const answer = await answered;
      if (answer.is !== "moved") return answer;
      ({ shard, profile, route } = answer);
    }
    throw new Error("too many hops");
  }

  event(message: Record<string, unknown>, origin: Partial<Origin> = {}): Promise<Answer> {
    const body = Buffer.from(JSON.stringify(message));
    const home: Identifier =
      typeof message["anonymousId"] === "string"
        ? { kind: "anonymous", value: message["anonymousId"] }
        : { kind: "user", value: String(message["userId"]) };
    return this.ask(
      (shard, request, profile, route) => ({
        kind: "event",
        shard,
        request,
        origin: { ...ORIGIN, receivedAt: Date.now(), ...origin },
        profile,
        route,
        told: true,
        decide: true,
        body,
      }),
      home,
    );
  }

  read(identifier: Identifier): Promise<Answer> {
    return this.ask(
      (shard, request, profile) => ({ kind: "read", shard, request, identifier, profile, want: "profile" }),
      identifier,
    );
  }

  async settled(): Promise<void> {
    for (let i = 0; i < 400; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (this.host.status().every(({ unanswered, queued }) => !unanswered && queued === 0)) return;
    }
    throw new Error("messages between shards stay unanswered");
  }
}

const PLAN_BYTES = encodePlan(RULES.plan as NonNullable<typeof RULES.plan>);
const DIGEST = loadPlan(PLAN_BYTES).digest;

export function viewed(
  messageId: string,
  anonymousId: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { type: "track", event: "Product Viewed", messageId, anonymousId, properties: { category: "shoes" }, ...more };
}
