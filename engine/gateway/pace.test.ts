import { expect, it } from "vitest";
import { laggingEventsASecondMax } from "../limits-of-history.ts";
import { Pace } from "./pace.ts";

it("takes everything while history keeps up, and a named rate while it is behind", () => {
  let behind = false;
  let nowMs = 10_000;
  const pace = new Pace(() => behind, { now: () => nowMs, monotonicMs: () => nowMs });
  const taken = (): number =>
    Array.from({ length: laggingEventsASecondMax * 3 }, () => pace.admits()).filter(Boolean).length;

  expect(taken()).toBe(laggingEventsASecondMax * 3);
  behind = true;
  expect(taken()).toBe(laggingEventsASecondMax);
  nowMs += 500;
  expect(taken()).toBe(0);
  nowMs += 500;
  expect(taken()).toBe(laggingEventsASecondMax);
  behind = false;
  expect(taken()).toBe(laggingEventsASecondMax * 3);
});
