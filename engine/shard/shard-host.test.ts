/** A worker's brain on the reference store: one host, real parser, real rules, real time. Faults are the simulator's. */
import { afterEach, describe, expect, it } from "vitest";
import { parseEvent } from "../gateway/parse-event.ts";
import { checkRules, encodePlan, loadPlan } from "../language/port.ts";
import type { Identifier } from "../model/identifier.ts";
import { type NodeId, type ProfileId, type ShardId, type SourceId, shardOfSlot } from "../model/ids.ts";
import { slotOfCell } from "../model/hash.ts";
import { isHeldOut } from "../model/holdout.ts";
import { cellKey } from "../model/identifier.ts";
import { decodeBatch } from "../model/record-codec.ts";
import type { JournalRecord } from "../model/record.ts";
import { createReferenceStore } from "../store/reference-store.ts";
import type { HotStore } from "../store/port.ts";
import type { Answer, FromShard, Origin, PeerMessage, ToShard } from "./port.ts";
import { ShardHost } from "./shard-host.ts";

const SHARDS = 4;
const FILES = [
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
const RULES = checkRules(FILES);

const ORIGIN: Origin = { source: "server" as SourceId, trusted: true, visitor: undefined, receivedAt: 0 };

class Bench {
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

function viewed(messageId: string, anonymousId: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: "track", event: "Product Viewed", messageId, anonymousId, properties: { category: "shoes" }, ...more };
}

it("is tried with sound rules", () => {
  expect(RULES.problems).toEqual([]);
});

it("ends when it is closed while others go first", async () => {
  const went: (() => void)[] = [];
  const othersFirst = () => new Promise<void>((resolve) => void went.push(resolve));
  const { host } = new Bench(
    createReferenceStore(SHARDS, () => Date.now()),
    othersFirst,
  );
  const closed = host.close();
  expect(went).toHaveLength(1);
  went[0]?.();
  await closed;
});

describe("a worker's brain", () => {
  let bench: Bench;
  afterEach(async () => {
    await bench.host.close();
  });

  async function start(): Promise<void> {
    bench = new Bench(createReferenceStore(SHARDS, () => Date.now()));
    await bench.own();
  }

  it("applies events once, decides, and tells a repetition from a conflict", async () => {
    await start();
    expect(await bench.event(viewed("m1", "a1"))).toMatchObject({
      is: "applied",
      created: true,
      visitor: "a1",
      decisions: [{ content: "hero", show: "plain" }, { content: "offer" }],
    });
    expect(await bench.event(viewed("m2", "a1"))).toMatchObject({
      is: "applied",
      created: false,
      visitor: undefined,
      decisions: [{ content: "hero", show: "shoes" }, { content: "offer" }],
    });
    expect(await bench.event(viewed("m2", "a1"))).toMatchObject({ is: "duplicate" });
    expect(await bench.event(viewed("m2", "a1", { properties: { category: "hats" } }))).toMatchObject({
      is: "refused",
      problem: { code: "message_id_conflict" },
    });
  });

  it("takes of nobody, known or not, what is so old that a repetition could not be told", async () => {
    await start();
    const at = (days: number): Record<string, unknown> => ({
      timestamp: new Date(Date.now() - days * 86_400_000).toISOString(),
    });
    const expected = { 6: ["applied", "duplicate"], 8: ["refused", "refused"] } as const;
    for (const [id, days] of [
      ["m1", 8],
      ["m2", 6],
      ["m3", 8],
    ] as const) {
      const event = viewed(id, "a1", at(days));
      const answers = [await bench.event(event), await bench.event(event)];
      expect(answers.map(({ is }) => is)).toEqual(expected[days]);
    }
  });

  it("records once, through a crash, that somebody has come to a holdout, and shows who is held out nothing else", async () => {
    await start();
    const people = Array.from({ length: 12 }, (_, n) => `p${n}`);
    const seen = new Map<string, string>();
    for (const round of [1, 2, 3, 4]) {
      for (const who of people) {
        const answer = await bench.event(viewed(`${who}-${round}`, who));
        if (answer.is !== "applied") throw new Error(`not applied, but ${answer.is}`);
        const shown = answer.decisions?.find(({ content }) => content === "offer")?.show ?? "";
        const isOut = isHeldOut(answer.profile, { percent: 40, salt: "offer" });
        expect(shown).toBe(round === 1 || isOut ? "none" : "voucher");
        seen.set(answer.profile, isOut ? "held out" : "treated");
      }
      if (round === 2) await bench.crash();
    }
    const exposed: JournalRecord[] = [];
    for (let shard = 0; shard < SHARDS; shard++)
      for (const { bytes } of await bench.store.journal.read(shard as ShardId, 0, 10_000_000))
        exposed.push(...decodeBatch(bytes).records.filter(({ kind }) => kind === "exposed"));
    expect(exposed.map((record) => (record.kind === "exposed" ? record.profile : "")).sort()).toEqual(
      [...seen.keys()].sort(),
    );
    for (const record of exposed)
      expect(record).toMatchObject({ holdout: "offer", percent: 40, by: "content offer", at: expect.any(Number) });
    for (const record of exposed)
      if (record.kind === "exposed") expect(record.heldOut).toBe(seen.get(record.profile) === "held out");
    expect(new Set(seen.values()).size).toBe(2);
  });

  it("knows after a crash all that it answered before", async () => {
    await start();
    await bench.event(viewed("m1", "a1"));
    await bench.event(viewed("m2", "a1"));
    await bench.crash();
    expect(await bench.read({ kind: "anonymous", value: "a1" })).toMatchObject({
      is: "read",
      view: { segments: ["browsers"] },
    });
    expect(await bench.event(viewed("m2", "a1"))).toMatchObject({ is: "duplicate" });
  });

  it("knows after a clean stop all that it answered before", async () => {
    await start();
    for (let i = 0; i < 50; i++) await bench.event(viewed(`m${i}`, `a${i % 10}`));
    await bench.host.close();
    await bench.crash();
    for (let i = 0; i < 10; i++)
      expect(await bench.read({ kind: "anonymous", value: `a${i}` })).toMatchObject({
        is: "read",
        view: { segments: ["browsers"] },
      });
  });

  it("makes two devices of one user one person", async () => {
    await start();
    for (const device of ["a1", "a2", "a3", "a4"]) {
      await bench.event(viewed(`m-${device}`, device));
      expect(
        await bench.event({
          type: "identify",
          messageId: `i-${device}`,
          anonymousId: device,
          userId: "u9",
          traits: { city: "Lyon" },
        }),
      ).toMatchObject({ is: "applied" });
    }
    await bench.settled();
    const answers = await Promise.all(
      ["a1", "a2", "a3", "a4"].map((value) => bench.read({ kind: "anonymous", value })),
    );
    const user = await bench.read({ kind: "user", value: "u9" });
    const profiles = new Set([...answers, user].map((answer) => (answer.is === "read" ? answer.profile : undefined)));
    expect(profiles.size).toBe(1);
    expect(user).toMatchObject({ view: { segments: ["browsers"], attributes: { city: "Lyon" } } });
    for (const device of ["a1", "a2", "a3", "a4"])
      expect(await bench.event(viewed(`m-${device}`, device))).toMatchObject({ is: "duplicate" });
  });

  it("keeps two users of one device apart", async () => {
    await start();
    await bench.event({ type: "identify", messageId: "i1", anonymousId: "a1", userId: "u8" });
    const switched = await bench.event({ type: "identify", messageId: "i2", anonymousId: "a1", userId: "u9" });
    await bench.settled();
    const u8 = await bench.read({ kind: "user", value: "u8" });
    expect(switched).toMatchObject({ is: "applied" });
    expect(u8).toMatchObject({ is: "read" });
    expect(switched.is === "applied" && u8.is === "read" && switched.profile !== u8.profile).toBe(true);
  });

  it("lets a browser without proof claim nobody", async () => {
    await start();
    await bench.event({ type: "identify", messageId: "i1", userId: "u9", anonymousId: "a9" });
    await bench.settled();
    const browser = { trusted: false };
    expect(
      await bench.event({ type: "identify", messageId: "i2", userId: "u9", anonymousId: "a1" }, browser),
    ).toMatchObject({ is: "applied", resolved: true });
    expect(await bench.event({ type: "track", event: "X", messageId: "i3", userId: "u9" }, browser)).toMatchObject({
      is: "refused",
      problem: { code: "no_identifier" },
    });
    await bench.settled();
    const [a1, u9] = [
      await bench.read({ kind: "anonymous", value: "a1" }),
      await bench.read({ kind: "user", value: "u9" }),
    ];
    expect(a1.is === "read" && u9.is === "read" && a1.profile !== u9.profile).toBe(true);
  });

  it("pushes new decisions to who watches", async () => {
    await start();
    await bench.event(viewed("m1", "a1"));
    await bench.ask(
      (shard, request, profile) => ({
        kind: "watch",
        shard,
        request,
        identifier: { kind: "anonymous", value: "a1" },
        profile,
        watch: 7,
      }),
      { kind: "anonymous", value: "a1" },
    );
    await bench.event(viewed("m2", "a1"));
    expect(bench.pushes).toMatchObject([{ watch: 7, decisions: [{ show: "shoes" }, { content: "offer" }] }]);
  });

  it("finds people in the segments of a new plan in silence: only who enters by what happens sets a trigger off", async () => {
    await start();
    const more = checkRules([
      ...FILES,
      { path: "segments/lookers.yaml", text: "segment: lookers\nwhen: count of product_viewed in last 7 days >= 1\n" },
      {
        path: "triggers/hello.yaml",
        text: "trigger: hello\non: entered segment lookers\nsend: {template: hello, by: email}\ncategory: transactional\n",
      },
    ]);
    if (more.plan === undefined) throw new TypeError(JSON.stringify(more.problems));
    const bytes = encodePlan(more.plan);
    const { digest } = loadPlan(bytes);
    await bench.event(viewed("m1", "still"));
    await bench.event(viewed("m2", "busy"));
    await bench.store.plans.put(digest, bytes);
    await bench.host.activate(digest);
    await bench.event(viewed("m3", "busy"));
    await bench.event(viewed("m4", "new"));
    await bench.settled();
    const seen = async (value: string) => {
      const answer = await bench.read({ kind: "anonymous", value });
      return answer.is === "read" ? [answer.view?.segments.includes("lookers"), answer.view?.firings.length] : answer;
    };
    expect(await seen("still")).toEqual([true, 0]);
    expect(await seen("busy")).toEqual([true, 0]);
    expect(await seen("new")).toEqual([true, 1]);
  });

  it("stores that everybody was met by the plan, though there is no record of it", async () => {
    await start();
    const { state } = bench.store;
    const scan = state.scan.bind(state);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    Object.assign(state, { scan: (...args: Parameters<typeof scan>) => gate.then(() => scan(...args)) });
    await bench.event(viewed("m1", "still"));
    const shard = shardOfSlot(slotOfCell(cellKey({ kind: "anonymous", value: "still" })), SHARDS);
    const sweep = async (): Promise<unknown> => {
      await bench.ask((_, request) => ({ kind: "repair", shard, request, fix: { of: "checkpoint" } }), {
        kind: "anonymous",
        value: "still",
      });
      const stored = await state.loadMeta(shard);
      return stored && (JSON.parse(new TextDecoder().decode(stored.meta)) as { sweep: unknown }).sweep;
    };
    const patience = { timeout: 20_000, interval: 50 };
    await expect.poll(sweep, patience).toBe("start");
    open();
    await expect.poll(sweep, patience).toBe("done");
  });
});
