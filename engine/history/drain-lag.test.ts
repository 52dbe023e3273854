/** How far behind history is, as the drainer tells it: also while nothing can be drained. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HistoryUnavailable } from "../model/errors.ts";
import type { DrainerOptions } from "./drain.ts";
import { createDrainBench, type DrainBench, s0, shardStatus } from "./drain-fixtures.ts";

describe("the drainer", () => {
  let { close, drainer, history, journal, time } = {} as DrainBench;

  beforeEach(async () => {
    ({ close, drainer, history, journal, time } = await createDrainBench());
  });

  afterEach(() => close());

  test("the lag is told in records and in the time that the oldest has waited", async () => {
    const running = drainer({
      history: { ...history, drain: () => Promise.reject(new HistoryUnavailable("away")) },
    });
    journal.append(s0, 1, 5);
    await expect(running.flush()).rejects.toThrow(HistoryUnavailable);
    await time.advance(4_000);
    expect(shardStatus(running, s0)).toMatchObject({ lagRecords: 5, lagMs: 4_000, last: 5, drained: 0 });
    await running.close();
  });

  test("the lag grows while history is silent", async () => {
    let answer: () => void = () => undefined;
    const silence = new Promise<void>((resolve) => (answer = resolve));
    const running = drainer({
      history: { ...history, drain: (writes) => silence.then(() => history.drain(writes)) },
    });
    journal.append(s0, 1, 5);
    const flushed = running.flush();
    await time.advance(0);
    journal.append(s0, 1, 3);
    await time.advance(4_000);
    expect(shardStatus(running, s0)).toMatchObject({ lagRecords: 8, drained: 0 });
    expect(shardStatus(running, s0)?.lagMs).toBeGreaterThan(0);
    answer();
    await flushed;
    await running.flush();
    expect(shardStatus(running, s0)).toMatchObject({ drained: 8, lagRecords: 0 });
    await running.close();
  });

  test("the lag grows while history is silent about the record that a restarted drainer goes on from", async () => {
    journal.append(s0, 1, 5);
    const before = drainer();
    await before.flush();
    await before.close();
    let answer: () => void = () => undefined;
    const silence = new Promise<void>((resolve) => (answer = resolve));
    const running = drainer({
      history: { ...history, records: (...asked) => silence.then(() => history.records(...asked)) },
    });
    const flushed = running.flush();
    await expect.poll(() => shardStatus(running, s0)?.last).toBe(5);
    journal.append(s0, 1, 3);
    await time.advance(4_000);
    expect(shardStatus(running, s0)).toMatchObject({ drained: 5, lagRecords: 3 });
    answer();
    await flushed;
    await running.flush();
    expect(shardStatus(running, s0)).toMatchObject({ drained: 8, lagRecords: 0 });
    await running.close();
  });

  test("the lag grows while history is away, whether it was ever there or not", async () => {
    let away = false;
    const gone = (): Promise<never> => Promise.reject(new HistoryUnavailable("away"));
    const leaving: DrainerOptions["history"] = {
      watermarks: () => (away ? gone() : history.watermarks()),
      drain: (writes) => (away ? gone() : history.drain(writes)),
      records: history.records.bind(history),
    };
    const running = drainer({ history: leaving });
    journal.append(s0, 1, 5);
    await running.flush();
    away = true;
    for (const lagRecords of [3, 6]) {
      journal.append(s0, 1, 3);
      await expect(running.flush()).rejects.toThrow(HistoryUnavailable);
      expect(shardStatus(running, s0)).toMatchObject({ drained: 5, lagRecords });
    }
    await running.close();
    // One that starts now has not heard of history: it counts what the journal holds.
    journal.checkpoint(s0, 5);
    await journal.journal.trim(s0, 5);
    const late = drainer({ history: leaving });
    await expect(late.flush()).rejects.toThrow(HistoryUnavailable);
    await time.advance(2_000);
    expect(shardStatus(late, s0)?.lagRecords).toBe(6);
    expect(shardStatus(late, s0)?.lagMs).toBeGreaterThan(0);
    away = false;
    await late.flush();
    expect(shardStatus(late, s0)).toMatchObject({ drained: 11, lagRecords: 0 });
    await late.close();
  });
});
