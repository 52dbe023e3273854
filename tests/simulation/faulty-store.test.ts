import { describe, expect, it } from "vitest";
import type { NodeId, ShardId } from "../../engine/model/ids.ts";
import type { HotStore } from "../../engine/store/port.ts";
import { type DurabilityLevel, FaultyStore } from "./faulty-store.ts";
import type { Actor } from "./scheduler.ts";
import { Scheduler } from "./scheduler.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { KeptBatch } from "./store-state.ts";

const SHARD = 0 as ShardId;
const NODE = "n" as NodeId;

class Fixture {
  readonly scheduler = new Scheduler(new SeededRandom(5));
  readonly durable: KeptBatch[] = [];
  readonly store: FaultyStore;
  readonly port: HotStore;
  readonly actor: Actor = { name: "n", alive: true, frozenUntilMs: 0 };
  epoch = 0;

  constructor(level: DurabilityLevel) {
    this.store = new FaultyStore(this.scheduler, {
      shards: 1,
      level,
      wallNow: () => 0,
      observer: {
        durable: (batch) => void this.durable.push(batch),
        lost: () => void this.durable.pop(),
        granted: () => undefined,
      },
    });
    this.port = this.store.connect(this.actor);
    this.epoch = this.store.state.claim(this.store.state.lease(SHARD), NODE, 0) ?? 0;
    this.store.state.flush();
    this.store.state.forget(Number.POSITIVE_INFINITY);
  }

  append(firstPosition: number): Promise<string> {
    const { epoch } = this;
    const bytes = new Uint8Array(4);
    const request = { shard: SHARD, epoch, firstPosition, count: 1, digest: firstPosition, bytes };
    return this.port.journal.append([request]).then(
      ([outcome]) => outcome?.is ?? "",
      () => "failed",
    );
  }

  async run(forMs: number): Promise<void> {
    await this.scheduler.runUntil(() => false, this.scheduler.nowMs + forMs);
  }
}

describe("the faulty store", () => {
  it("at level process loses what it answered, up to a second of it, and says so", async () => {
    const fixture = new Fixture("process");
    const first = fixture.append(1);
    await fixture.run(2_000);
    const second = fixture.append(2);
    await fixture.run(10);
    expect([await first, await second]).toEqual(["ok", "ok"]);
    expect(fixture.durable).toHaveLength(2);
    for (let i = 0; i < 20; i++) fixture.store.failover();
    expect(fixture.durable.map(({ firstPosition }) => firstPosition)).toEqual([1]);
    expect(fixture.store.state.last(SHARD)).toBe(1);
  });

  it("at level disk never loses what it answered", async () => {
    const fixture = new Fixture("disk");
    const answered: number[] = [];
    for (let position = 1; position <= 30; position++) {
      const outcome = fixture.append(fixture.store.state.last(SHARD) + 1);
      await fixture.run(fixture.scheduler.random.fraction() * 4);
      if (fixture.scheduler.random.chance(0.3)) fixture.store.failover();
      await fixture.run(2_000);
      if ((await outcome) === "ok") answered.push(position);
      expect(fixture.store.state.last(SHARD)).toBeGreaterThanOrEqual(answered.length);
    }
    expect(answered.length).toBeGreaterThan(5);
    expect(answered.length).toBeLessThan(30);
  });

  it("makes a write that it called failed, or lands it late, or loses it", async () => {
    const fixture = new Fixture("disk");
    fixture.store.remote.faults = { requestLost: 0.3, answerLost: 0.3, landsLate: 0.3, delayMsMax: 1 };
    const seen = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const before = fixture.store.state.last(SHARD);
      const outcome = fixture.append(before + 1);
      await fixture.run(600);
      const soon = fixture.store.state.last(SHARD) > before;
      await fixture.run(4_000);
      const landed = fixture.store.state.last(SHARD) > before;
      seen.add(`${await outcome} ${soon ? "soon" : landed ? "late" : "never"}`);
    }
    expect([...seen].sort()).toEqual(["failed late", "failed never", "failed soon", "ok soon"]);
  });

  it("tells a crashed caller nothing", async () => {
    const fixture = new Fixture("process");
    let told = false;
    void fixture.append(1).then(() => {
      told = true;
    });
    fixture.actor.alive = false;
    await fixture.run(5_000);
    expect(told).toBe(false);
    expect(fixture.store.state.last(SHARD)).toBe(1);
  });
});
