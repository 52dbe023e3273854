/** The router against a scripted cluster: shards that own, lose, redirect, merge and switch at any moment. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slotOfCell } from "../model/hash.ts";
import type { CellKey, Identifier } from "../model/identifier.ts";
import { cellKey } from "../model/identifier.ts";
import type { PlanDigest, ProfileId, ShardId, SourceId } from "../model/ids.ts";
import { createProfileId, shardOfProfile, shardOfSlot } from "../model/ids.ts";
import type { Answer, FromShard, ToShard } from "../shard/port.ts";
import { createRouter } from "./router.ts";
import type { FinalAnswer, Lane } from "./router-port.ts";

const SHARDS = 4;
const PLAN = "p1" as PlanDigest;
const origin = { source: "web" as SourceId, trusted: true, visitor: undefined, receivedAt: 0 };

interface Body {
  readonly a?: string;
  readonly u?: string;
  readonly id: string;
}

const bodyOf = (body: Body): Uint8Array => Buffer.from(JSON.stringify(body));
const parse = (body: Uint8Array): Body => JSON.parse(Buffer.from(body).toString()) as Body;
const anonymous = (value: string): Identifier => ({ kind: "anonymous", value });
const user = (value: string): Identifier => ({ kind: "user", value });
const identifiersOf = ({ a, u }: Body): Identifier[] => [
  ...(a === undefined ? [] : [anonymous(a)]),
  ...(u === undefined ? [] : [user(u)]),
];

/** Clock and timers that go on only when told. */
class Time {
  nowMs = 0;
  readonly #due: { at: number; task: (() => void) | undefined }[] = [];
  readonly clock = { now: () => this.nowMs, monotonicMs: () => this.nowMs };
  readonly timers = {
    after: (delayMs: number, task: () => void) => {
      const entry: { at: number; task: (() => void) | undefined } = { at: this.nowMs + delayMs, task };
      this.#due.push(entry);
      return () => void (entry.task = undefined);
    },
  };

  advance(byMs: number): void {
    const end = this.nowMs + byMs;
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.nowMs = Math.max(this.nowMs, next.at);
      next.task?.();
    }
    this.nowMs = end;
  }
}

/** What all shards hold together, and two owners with a link each. Durable at once; answers travel the links. */
class Cluster {
  readonly time = new Time();
  readonly applied: { readonly profile: ProfileId; readonly id: string }[] = [];
  readonly #seen = new Set<string>();
  readonly #cells = new Map<CellKey, ProfileId>();
  readonly #sealed = new Map<ProfileId, ProfileId>();
  readonly #users = new Map<ProfileId, string>();
  readonly #owner: number[] = Array.from({ length: SHARDS }, () => 0);
  /** What the gateway believes. */
  readonly #believed: (number | undefined)[] = Array.from({ length: SHARDS }, () => 0);
  readonly #to: ToShard[][] = [[], []];
  readonly #from: FromShard[][] = [[], []];
  readonly watches = new Map<number, { shard: ShardId; profile: ProfileId }>();
  #created = 0;

  readonly router = createRouter({
    shards: SHARDS,
    clock: this.time.clock,
    timers: this.time.timers,
    send: (shard, message) => {
      const owner = this.#believed[shard];
      if (owner === undefined) return false;
      this.#to[owner]?.push(message);
      return true;
    },
    hint: (body) => {
      const parsed = parse(body);
      return parsed.id.startsWith("blind") ? undefined : identifiersOf(parsed)[0];
    },
    switchHint: (body) => identifiersOf(parse(body)).find(({ kind }) => kind === "user"),
  });

  /** One message of one link is worked off. */
  step(node: number): void {
    const message = this.#to[node]?.shift();
    if (message?.kind === "unwatch") this.watches.delete(message.watch);
    if (message === undefined || !("request" in message)) return;
    const answer: Answer =
      this.#owner[message.shard] === node ? this.#answer(message) : { is: "not_owner", shard: message.shard };
    this.#from[node]?.push({ kind: "answer", request: message.request, answer });
  }

  /** One answer of one link arrives. */
  deliver(node: number): void {
    const message = this.#from[node]?.shift();
    if (message !== undefined) this.router.receive(message);
  }

  /** The other node takes the shard; what is under way may be lost, and the gateway hears of it later. */
  takeOver(shard: ShardId, lossy: boolean): void {
    const old = this.#owner[shard] ?? 0;
    this.#owner[shard] = 1 - old;
    this.#believed[shard] = lossy ? undefined : this.#believed[shard];
    for (const [id, watch] of this.watches) if (watch.shard === shard) this.watches.delete(id);
    if (lossy) this.#to[old] = (this.#to[old] ?? []).filter((message) => message.shard !== shard);
    // A node that takes a shard has broken the links by which it may have refused something of it: none of what was sent
    // before may overtake what was refused.
    this.#to[1 - old] = (this.#to[1 - old] ?? []).filter((message) => message.shard !== shard);
    if (this.#believed[shard] === 1 - old) this.#believed[shard] = undefined;
  }

  tellOwner(shard: ShardId): void {
    if (this.#believed[shard] === this.#owner[shard]) return;
    this.#believed[shard] = this.#owner[shard];
    this.router.ownerChanged(shard);
  }

  /** The older of two known people absorbs the other; cells are rebound some time later. */
  merge(a: string, b: string): void {
    const left = this.#resolve(this.#cells.get(cellKey(anonymous(a))));
    const right = this.#resolve(this.#cells.get(cellKey(anonymous(b))));
    if (left === undefined || right === undefined || left === right) return;
    this.#sealed.set(right, left);
    for (const [id, watch] of this.watches) {
      if (watch.profile !== right) continue;
      this.watches.delete(id);
      this.#from[this.#owner[watch.shard] ?? 0]?.push({ kind: "unwatched", watch: id });
    }
  }

  rebind(a: string): void {
    const at = this.#resolve(this.#cells.get(cellKey(anonymous(a))));
    if (at !== undefined) this.#cells.set(cellKey(anonymous(a)), at);
  }

  push(epoch: number, position: number): void {
    for (const [watch, { shard, profile }] of this.watches)
      this.#from[this.#owner[shard] ?? 0]?.push({
        kind: "push",
        watch,
        shard,
        epoch,
        position,
        profile,
        decisions: [],
      });
  }

  /** Everything comes to rest. */
  settle(): void {
    for (let round = 0; round < 400; round++) {
      for (let shard = 0; shard < SHARDS; shard++) this.tellOwner(shard as ShardId);
      for (const node of [0, 1]) {
        while ((this.#to[node]?.length ?? 0) > 0) this.step(node);
        while ((this.#from[node]?.length ?? 0) > 0) this.deliver(node);
      }
      if (this.router.inFlight === 0) return;
      this.time.advance(20);
    }
  }

  /** As `settle`, with the time that watches take. */
  rest(): void {
    for (let round = 0; round < 8; round++) {
      this.settle();
      for (const node of [0, 1]) {
        while ((this.#to[node]?.length ?? 0) > 0) this.step(node);
        while ((this.#from[node]?.length ?? 0) > 0) this.deliver(node);
      }
      this.time.advance(150);
    }
  }

  #resolve(profile: ProfileId | undefined): ProfileId | undefined {
    let at = profile;
    for (let into = at && this.#sealed.get(at); into !== undefined; into = this.#sealed.get(into)) at = into;
    return at;
  }

  #answer(message: Extract<ToShard, { request: number }>): Answer {
    const body = message.kind === "event" ? parse(message.body) : undefined;
    const route = message.kind === "event" ? message.route : 0;
    const named = body === undefined ? [(message as { identifier: Identifier }).identifier] : identifiersOf(body);
    const routing = route === 0 ? named[0] : named.find(({ kind }) => kind === "user");
    if (routing === undefined)
      return { is: "refused", messageId: body?.id, problem: { code: "no_identifier", field: undefined, message: "" } };
    const key = cellKey(routing);
    const moved = { is: "moved", identifier: routing, route } as const;
    let profile = message.profile;
    if (profile === undefined) {
      const home = shardOfSlot(slotOfCell(key), SHARDS);
      if (home !== message.shard) return { ...moved, shard: home, profile: undefined, reason: "home" };
      profile = this.#cells.get(key);
      if (profile !== undefined && shardOfProfile(profile, SHARDS) !== message.shard)
        return { ...moved, shard: shardOfProfile(profile, SHARDS), profile, reason: "home" };
    } else if (this.#resolve(this.#cells.get(key)) !== this.#resolve(profile)) return { is: "stale" };
    const into = profile && this.#sealed.get(profile);
    if (into !== undefined) return { ...moved, shard: shardOfProfile(into, SHARDS), profile: into, reason: "merged" };
    if (message.kind === "watch") {
      if (profile !== undefined) this.watches.set(message.watch, { shard: message.shard, profile });
      return { is: "watching", profile };
    }
    if (body === undefined) return { is: "read", profile, decisions: [], view: undefined, plan: PLAN };
    const known = profile && this.#users.get(profile);
    if (route === 0 && body.a !== undefined && body.u !== undefined && known !== undefined && known !== body.u) {
      const shard = shardOfSlot(slotOfCell(cellKey(user(body.u))), SHARDS);
      return { ...moved, shard, profile: undefined, identifier: routing, route: 1, reason: "switch" };
    }
    const created = profile === undefined;
    profile ??= createProfileId(slotOfCell(key), 1000 + this.#created++, 0);
    if (created) this.#cells.set(key, profile);
    if (body.u !== undefined && !this.#users.has(profile)) this.#users.set(profile, body.u);
    const is = this.#seen.has(body.id) ? "duplicate" : "applied";
    this.#seen.add(body.id);
    if (is === "applied") this.applied.push({ profile, id: body.id });
    return { is, messageId: body.id, profile, resolved: true, created, decisions: undefined, plan: PLAN };
  }
}

const person = fc.constantFrom("a1", "a1", "a3");
const shard = fc.nat({ max: SHARDS - 1 }).map((n) => n as ShardId);
const operation = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("event" as const),
      lane: fc.constantFrom(0, 0, 1),
      a: fc.option(person, { nil: undefined, freq: 10 }),
      u: fc.option(fc.constantFrom("u1", "u2"), { nil: undefined, freq: 1 }),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constantFrom("step" as const, "deliver" as const),
      node: fc.nat({ max: 1 }),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("takeOver" as const), shard, lossy: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tellOwner" as const), shard }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("merge" as const), a: person, b: person }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rebind" as const), a: person }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("advance" as const), byMs: fc.nat({ max: 300 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("read" as const), a: person }) },
);

describe("the router", () => {
  it("answers everything once, loses nothing and keeps each lane's order, whatever shards do", () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 10, maxLength: 80, size: "max" }), (operations) => {
        const cluster = new Cluster();
        const lanes: Lane[] = [0, 1].map(() => cluster.router.createLane());
        const answers = new Map<string, FinalAnswer[]>();
        const given: { readonly id: string; readonly flow: string }[] = [];
        let reads = 0;
        let readAnswers = 0;
        const give = (lane: number, a: string | undefined, u: string | undefined): void => {
          const id = `m${given.length}`;
          answers.set(id, []);
          given.push({ id, flow: `${lane}/${a}/${u}` });
          const body = { ...(a && { a }), ...(u && { u }), id };
          cluster.router.event(lanes[lane] as Lane, bodyOf(body), { origin, decide: false }, (answer) =>
            answers.get(id)?.push(answer),
          );
        };
        for (const a of ["a3", "a1"]) give(0, a, "u1");
        cluster.settle();
        for (const op of operations) {
          if (op.do === "event") {
            if (op.a !== undefined || op.u !== undefined) for (let i = 0; i < op.times; i++) give(op.lane, op.a, op.u);
          } else if (op.do === "read") {
            reads++;
            cluster.router.read(anonymous(op.a), "decisions", () => readAnswers++);
          } else if (op.do === "advance") cluster.time.advance(op.byMs);
          else if (op.do === "step") for (let i = 0; i < op.times; i++) cluster.step(op.node);
          else if (op.do === "deliver") for (let i = 0; i < op.times; i++) cluster.deliver(op.node);
          else if (op.do === "takeOver") cluster.takeOver(op.shard, op.lossy);
          else if (op.do === "tellOwner") cluster.tellOwner(op.shard);
          else if (op.do === "merge") cluster.merge(op.a, op.b);
          else if (op.do === "rebind") cluster.rebind(op.a);
        }
        cluster.settle();
        expect(readAnswers).toBe(reads);
        for (const [id, told] of answers)
          expect([id, told.map(({ is }) => is)]).toEqual([id, [expect.stringMatching(/^(applied|duplicate)$/)]]);
        // In every lane, events that name the same people were applied in the order given.
        const place = new Map(cluster.applied.map(({ id }, at) => [id, at]));
        expect(place.size).toBe(given.length);
        for (const flow of new Set(given.map((event) => event.flow))) {
          const order = given.filter((event) => event.flow === flow).map(({ id }) => place.get(id) ?? -1);
          expect(order).toEqual([...order].sort((x, y) => x - y));
        }
        expect(cluster.router.counts().inFlight).toBe(0);
      }),
      { numRuns: 600 },
    );
  });

  it("lets a newcomer that knows the new way wait until the old way is empty", () => {
    const cluster = new Cluster();
    const lane = cluster.router.createLane();
    const give = (id: string, u: string): void =>
      cluster.router.event(lane, bodyOf({ a: "a1", u, id }), { origin, decide: false }, () => undefined);
    give("m0", "u1");
    cluster.settle();
    give("m1", "u2");
    give("m2", "u2");
    cluster.step(0);
    cluster.deliver(0);
    give("m3", "u2");
    cluster.settle();
    expect(cluster.applied.map(({ id }) => id)).toEqual(["m0", "m1", "m2", "m3"]);
  });

  it("passes on no push older than the last, and watches again after a takeover, a merge and a first meeting", () => {
    const cluster = new Cluster();
    const lane = cluster.router.createLane();
    const give = (a: string, id: string): void =>
      cluster.router.event(lane, bodyOf({ a, id }), { origin, decide: false }, () => undefined);
    const pushes: number[] = [];
    const end = cluster.router.watch(anonymous("a1"), () => pushes.push(pushes.length));
    cluster.settle();
    cluster.step(0);
    cluster.deliver(0);
    expect(cluster.watches.size).toBe(0);
    give("a3", "m1");
    give("a1", "m2");
    cluster.rest();
    expect(cluster.watches.size).toBe(1);
    // What there was to see when the watch was registered.
    expect(pushes.length).toBe(1);

    for (const [epoch, position] of [
      [1, 5],
      [1, 4],
      [1, 5],
      [2, 1],
      [1, 9],
    ] as const)
      cluster.push(epoch, position);
    cluster.rest();
    expect(pushes.length).toBe(4);

    cluster.takeOver(1 as ShardId, true);
    expect(cluster.watches.size).toBe(0);
    cluster.rest();
    expect(cluster.watches.size).toBe(1);
    cluster.merge("a3", "a1");
    expect(cluster.watches.size).toBe(0);
    cluster.rest();
    expect([...cluster.watches.values()].map(({ shard }) => shard)).toEqual([3]);
    cluster.push(1, 1);
    cluster.rest();
    expect(pushes.length).toBe(5);
    end();
    cluster.push(2, 2);
    cluster.rest();
    expect(pushes.length).toBe(5);
    expect(cluster.router.counts().watches).toBe(0);
  });

  it("answers busy after its deadline, over its bounds and when closed, never before the call returns", () => {
    const time = new Time();
    const router = createRouter({
      shards: SHARDS,
      clock: time.clock,
      timers: time.timers,
      send: () => false,
      hint: (body) => identifiersOf(parse(body))[0],
      switchHint: () => undefined,
      limits: { requestsMax: 4, shardRequestsMax: 2, answerMsMax: 1000 },
    });
    const lane = router.createLane();
    const told: string[] = [];
    const give = (a: string): void =>
      router.event(lane, bodyOf({ a, id: a }), { origin, decide: false }, ({ is }) => told.push(`${a} ${is}`));
    for (const a of ["a1", "a2", "a4", "a3"]) give(a);
    expect(told).toEqual([]);
    time.advance(0);
    // a1, a2 and a4 are of one shard, which takes two.
    expect(told).toEqual(["a4 busy"]);
    time.advance(1100);
    expect(told.slice(1).sort()).toEqual(["a1 busy", "a2 busy", "a3 busy"]);
    expect(router.inFlight).toBe(0);
    give("a1");
    router.close();
    give("a2");
    time.advance(0);
    expect(told.slice(4)).toEqual(["a1 busy", "a2 busy"]);
  });

  it("keeps its own copy of an event's bytes", () => {
    const time = new Time();
    const sent: string[] = [];
    let owned = false;
    const router = createRouter({
      shards: 1,
      clock: time.clock,
      timers: time.timers,
      send: (_shard, message) => {
        if (owned && message.kind === "event") sent.push(parse(message.body).id);
        return owned;
      },
      hint: (body) => identifiersOf(parse(body))[0],
      switchHint: () => undefined,
    });
    const lane = router.createLane();
    const body = bodyOf({ a: "a1", id: "first" });
    router.event(lane, body, { origin, decide: false }, () => undefined);
    body.fill(0);
    owned = true;
    router.ownerChanged(0 as ShardId);
    expect(sent).toEqual(["first"]);
  });
});
