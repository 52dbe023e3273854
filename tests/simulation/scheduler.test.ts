import { describe, expect, it } from "vitest";
import type { Actor } from "./scheduler.ts";
import { Scheduler } from "./scheduler.ts";
import { SeededRandom } from "./seeded-random.ts";

const actor = (): Actor => ({ name: "a", alive: true, frozenUntilMs: 0 });

async function orderOf(seed: number): Promise<{ order: number[]; hash: number }> {
  const scheduler = new Scheduler(new SeededRandom(seed));
  const order: number[] = [];
  for (let i = 0; i < 20; i++) scheduler.after(i % 3, `step ${i}`, undefined, () => void order.push(i));
  while (await scheduler.step());
  return { order, hash: scheduler.traceHash };
}

describe("scheduler", () => {
  it("runs steps in order of time, and in the same order for the same seed", async () => {
    const first = await orderOf(1);
    expect(first.order.map((i) => i % 3)).toEqual([...first.order.map((i) => i % 3)].sort());
    expect(await orderOf(1)).toEqual(first);
    expect((await orderOf(2)).order).not.toEqual(first.order);
  });

  it("lets every promise settle before the next step", async () => {
    const scheduler = new Scheduler(new SeededRandom(1));
    const seen: string[] = [];
    scheduler.after(0, "a", undefined, () => {
      void (async () => {
        for (let i = 0; i < 50; i++) await Promise.resolve();
        seen.push("a settled");
      })();
    });
    scheduler.after(1, "b", undefined, () => void seen.push("b"));
    while (await scheduler.step());
    expect(seen).toEqual(["a settled", "b"]);
  });

  it("never runs a step of a crashed actor, and a frozen one's only after it thaws", async () => {
    const scheduler = new Scheduler(new SeededRandom(1));
    const dead = actor();
    const frozen = actor();
    const ran: number[] = [];
    scheduler.after(5, "dead", dead, () => void ran.push(-1));
    scheduler.after(5, "frozen", frozen, () => void ran.push(scheduler.nowMs));
    dead.alive = false;
    frozen.frozenUntilMs = 100;
    while (await scheduler.step());
    expect(ran).toEqual([100]);
  });

  it("does not run what was cancelled", async () => {
    const scheduler = new Scheduler(new SeededRandom(1));
    let ran = false;
    scheduler.after(5, "x", undefined, () => {
      ran = true;
    })();
    expect(await scheduler.step()).toBe(false);
    expect(ran).toBe(false);
  });
});

describe("seeded random", () => {
  it("stays within its bounds and covers them", () => {
    const random = new SeededRandom(7);
    const seen = new Set<number>();
    for (let i = 0; i < 1_000; i++) seen.add(random.between(3, 7));
    expect([...seen].sort()).toEqual([3, 4, 5, 6, 7]);
    for (let i = 0; i < 1_000; i++) {
      const wide = random.below(2 ** 40);
      expect(Number.isInteger(wide) && wide >= 0 && wide < 2 ** 40).toBe(true);
    }
  });
});
