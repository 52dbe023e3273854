import { expect, it } from "vitest";
import { createStoreAlarm } from "./store-alarm.ts";

it("tells once that the clock has gone back, and once that it is well again", () => {
  const notes: string[] = [];
  let now = 1_000_000;
  let pass = (): void => undefined;
  createStoreAlarm({
    cluster: {
      status: () => ({ workers: [{ trouble: undefined, shards: [{ instant: 5 }, { instant: 1_000_000 }] }] }),
      isWhole: () => true,
    },
    clock: { now: () => now, monotonicMs: () => now },
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
    cluster: {
      status: () => ({
        workers: [
          { trouble: undefined, shards: [] },
          { trouble, shards: [] },
        ],
      }),
      isWhole: () => true,
    },
    clock: { now: () => 0, monotonicMs: () => 0 },
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

it("is ready once all shards have owners, and not any more where some have had none for longer than a takeover takes", () => {
  const notes: string[] = [];
  let [nowMs, isWhole] = [0, false];
  let pass = (): void => undefined;
  const alarm = createStoreAlarm({
    cluster: { status: () => ({ workers: [] }), isWhole: () => isWhole },
    clock: { now: () => 0, monotonicMs: () => nowMs },
    timers: {
      after(_delayMs, task) {
        pass = task;
        return () => undefined;
      },
    },
    onNote: (note) => notes.push(note),
  });
  const at = (ms: number, whole: boolean): boolean => {
    [nowMs, isWhole] = [ms, whole];
    pass();
    return alarm.isReady();
  };
  // Begun, and not whole yet for however long.
  expect([at(0, false), at(60_000, false), notes.length]).toEqual([false, false, 0]);
  expect(at(61_000, true)).toBe(true);
  // A takeover, and one that nobody does.
  expect([at(62_000, false), at(70_000, false), at(71_000, true)]).toEqual([true, true, true]);
  expect([at(72_000, false), at(82_000, false), at(82_001, false), at(90_000, false)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect([at(91_000, true), at(92_000, false)]).toEqual([true, true]);
  expect(notes).toEqual([expect.stringContaining("no owner"), expect.stringContaining("owners again")]);
});
