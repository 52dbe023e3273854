/** Who was due when a turn began, and is not any more when it comes to them, stays among those who are to be woken. */
import { expect, it } from "vitest";
import { createProfileId, type Slot } from "../model/ids.ts";
import { Beside } from "./beside.ts";
import type { Owned } from "./owned.ts";
import type { Turn } from "./turn.ts";
import { WakeUps } from "./wake-ups.ts";

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
