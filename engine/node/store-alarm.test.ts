import { expect, it } from "vitest";
import { createStoreAlarm } from "./store-alarm.ts";

it("tells once that the clock has gone back, and once that it is well again", () => {
  const notes: string[] = [];
  let now = 1_000_000;
  let pass = (): void => undefined;
  createStoreAlarm({
    status: () => ({ workers: [{ trouble: undefined, shards: [{ instant: 5 }, { instant: 1_000_000 }] }] }),
    clock: { now: () => now },
    timers: {
      after(_delayMs, task) {
        pass = task;
        return () => undefined;
      },
    },
    onNote: (note) => notes.push(note),
  });
  for (now of [1_000_000, 950_000, 400_000, 300_000, 999_000, 1_100_000]) pass();
  expect(notes).toEqual([expect.stringContaining("gone back by 600 s"), expect.stringContaining("agree again")]);
});

it("tells once that nothing can be appended, and once that it can again", () => {
  const notes: string[] = [];
  let trouble: string | undefined;
  let pass = (): void => undefined;
  const alarm = createStoreAlarm({
    status: () => ({
      workers: [
        { trouble: undefined, shards: [] },
        { trouble, shards: [] },
      ],
    }),
    clock: { now: () => 0 },
    timers: {
      after(_delayMs, task) {
        pass = task;
        return () => undefined;
      },
    },
    onNote: (note) => notes.push(note),
  });
  const after = (now: string | undefined): boolean => {
    trouble = now;
    pass();
    return alarm.isStalled();
  };
  expect(after(undefined)).toBe(false);
  expect(after("ENOSPC: no space left on device")).toBe(true);
  expect(after("ENOSPC: no space left on device")).toBe(true);
  expect(after(undefined)).toBe(false);
  expect(after(undefined)).toBe(false);
  expect(notes).toEqual([
    "the store takes no records: ENOSPC: no space left on device. Events are not acknowledged until it does",
    "the store takes records again",
  ]);
});
