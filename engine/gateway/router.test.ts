/** The router against a scripted cluster: shards that own, lose, redirect, merge and switch at any moment. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ShardId } from "../model/ids.ts";
import { anonymous, bodyOf, identifiersOf, origin, parse, ScriptedCluster, SHARDS, Time } from "./router-fixtures.ts";
import type { FinalAnswer, Lane } from "./router-port.ts";
import { createRouter } from "./router.ts";

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
        const cluster = new ScriptedCluster();
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
    const cluster = new ScriptedCluster();
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
    const cluster = new ScriptedCluster();
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
    end?.();
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
