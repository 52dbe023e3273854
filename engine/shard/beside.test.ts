/** What a turn does beside events: a slice of it, evenly, then a rest; and every shard comes on. */
import { expect, it } from "vitest";
import { besideRestMs, besideSliceMs } from "../limits.ts";
import { createProfileId, type ProfileId, type Slot } from "../model/ids.ts";
import { Beside } from "./beside.ts";
import type { Owned } from "./owned.ts";
import type { Turn } from "./turn.ts";
import { WakeUps } from "./wake-ups.ts";

/** Shards with so many due, and a turn that takes so long to wake one. */
function setUp(dueOf: readonly number[], wakeMs: number) {
  let nowMs = 0;
  const after: { readonly at: number; readonly run: () => void }[] = [];
  const clock = { now: () => 1_000, monotonicMs: () => nowMs };
  const timers = { after: (ms: number, run: () => void) => (after.push({ at: nowMs + ms, run }), () => undefined) };
  const beside = new Beside({ clock, timers, signal: () => undefined, sweepOn: () => undefined });
  const woken: string[] = [];
  const shards = dueOf.map((count, shard) => {
    const wakeUps = new WakeUps();
    wakeUps.horizon = 2_000;
    for (let i = 0; i < count; i++) wakeUps.add(500, `${shard}-${i}` as ProfileId);
    return { sweepIds: [], shard: { wakeUps } } as unknown as Owned;
  });
  const turn = {
    instant: 1_000,
    wake: (id: string) => {
      woken.push(id);
      nowMs += wakeMs;
      return "done";
    },
  } as unknown as Turn;
  const takeTurn = (): void => {
    const due = beside.take(shards);
    beside.begin(due);
    for (const owned of shards) beside.process(owned, turn, due);
    beside.end(due);
  };
  return { beside, shards, woken, takeTurn, after, pass: (ms: number) => (nowMs += ms) };
}

it("ends when its slice is over, and shares it evenly", () => {
  const { takeTurn, woken } = setUp([50, 50], 0.25);
  takeTurn();
  const of = (shard: number): number => woken.filter((id) => id.startsWith(`${shard}-`)).length;
  expect(woken.length * 0.25).toBeLessThanOrEqual(besideSliceMs + 2 * 0.25);
  expect(of(0)).toBeGreaterThan(2);
  expect(Math.abs(of(0) - of(1))).toBeLessThanOrEqual(1);
});

it("rests after it, so that turns are of events only, and goes on", () => {
  const { beside, shards, pass, takeTurn, woken } = setUp([50], 1);
  takeTurn();
  const before = woken.length;
  expect(shards.some((owned) => beside.isWanted(owned))).toBe(false);
  takeTurn();
  expect(woken).toHaveLength(before);
  pass(besideRestMs);
  expect(shards.every((owned) => beside.isWanted(owned))).toBe(true);
  takeTurn();
  expect(woken.length).toBeGreaterThan(before);
});

it("wakes somebody of every shard however long one takes, and everybody once", () => {
  const { pass, takeTurn, woken } = setUp([3, 3, 3], 100);
  takeTurn();
  expect(woken.map((id) => id[0])).toEqual(["0", "1", "2"]);
  for (let turn = 0; turn < 2; turn++) {
    pass(besideRestMs);
    takeTurn();
  }
  expect(new Set(woken).size).toBe(9);
  expect(woken).toHaveLength(9);
});

it("waits with a sweep for whoever is not fetched yet, and passes nobody", () => {
  const { beside, pass } = setUp([], 0);
  const owned = {
    sweepIds: ["a", "b", "c"],
    sweepNext: "done",
    shard: { wakeUps: new WakeUps(), sweep: "start" },
  } as unknown as Owned;
  const fetched = new Set(["a"]);
  const met: string[] = [];
  const wake = (id: string) => (fetched.has(id) ? (met.push(id), "done") : "missing");
  const takeTurn = (): void => {
    pass(besideRestMs);
    const due = beside.take([owned]);
    beside.begin(due);
    beside.process(owned, { instant: 1_000, wake } as unknown as Turn, due);
    beside.end(due);
  };
  takeTurn();
  takeTurn();
  expect([met, owned.sweepIds, owned.shard.sweep]).toEqual([["a"], ["b", "c"], "start"]);
  fetched.add("b").add("c");
  takeTurn();
  expect([met, owned.sweepIds, owned.shard.sweep]).toEqual([["a", "b", "c"], [], "done"]);
});

it("comes again by itself when the rest is over, and not before anything is due", () => {
  const { beside, shards, after, takeTurn } = setUp([50], 1);
  takeTurn();
  beside.sleep(shards);
  expect(after.at(-1)?.at).toBeGreaterThan(0);
  const idle = setUp([0], 1);
  idle.beside.sleep(idle.shards);
  expect(idle.after).toEqual([]);
});

it("puts back whoever is not due any more, for the clock has gone back, also beyond the horizon", () => {
  const wakeUps = new WakeUps();
  wakeUps.horizon = 60_000;
  const [soon, later] = [1, 2].map((n) => createProfileId(0 as Slot, 0, n)) as [never, never];
  wakeUps.add(1_000, soon);
  wakeUps.add(50_000, later);
  const owned = { shard: { wakeUps }, sweepIds: [] } as unknown as Owned;
  let now = 55_000;
  const clock = { now: () => now, monotonicMs: () => 0 };
  const timers = { after: () => () => undefined };
  const beside = new Beside({ clock, timers, signal: () => undefined, sweepOn: () => undefined });
  const due = beside.take([owned]);
  expect(due.get(owned)?.map(({ id }) => id)).toEqual([soon, later]);
  now = 2_000;
  wakeUps.horizon = 0;
  const woken: unknown[] = [];
  const turn = { instant: now, wake: (id: unknown) => woken.push(id) > 0 && "done" } as unknown as Turn;
  beside.begin(due);
  beside.process(owned, turn, due);
  expect(woken).toEqual([soon]);
  expect(wakeUps.take(50_000)).toEqual({ at: 50_000, id: later });
});
