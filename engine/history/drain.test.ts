import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  drainHoleMsMin,
  drainPeriodMs,
  drainRetryMsMax,
  drainRowsMax,
  historyRecordsMax,
} from "../limits-of-history.ts";
import { journalTrimPeriodMs } from "../limits.ts";
import { HistoryUnavailable, StoreUnavailable } from "../model/errors.ts";
import type { ShardId } from "../model/ids.ts";
import { createDrainBench, type DrainBench, s0, s1, shardStatus } from "./drain-fixtures.ts";
import { historyOf } from "./history-fixtures.ts";
import type { History } from "./port.ts";

describe("the drainer", () => {
  let { close, drained, drainer, history, journal, positions, time, troubles } = {} as DrainBench;

  beforeEach(async () => {
    ({ close, drained, drainer, history, journal, positions, time, troubles } = await createDrainBench());
  });

  afterEach(() => close());

  test("a flush brings every journal into history, in order, once", async () => {
    journal.append(s0, 1, 5);
    journal.append(s0, 1, 1);
    journal.append(s1, 1, 3);
    const running = drainer();
    await running.flush();
    await running.flush();
    expect(await positions(s0)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await positions(s1)).toEqual([1, 2, 3]);
    expect(await history.watermarks()).toEqual(
      new Map([
        [s0, { epoch: 1, position: 6 }],
        [s1, { epoch: 1, position: 3 }],
      ]),
    );
    expect(drained).toContainEqual([s0, 6]);
    expect(running.status()).toMatchObject({ rows: 9, trouble: undefined });
    await running.close();
  });

  test("what a record can be asked by becomes columns", async () => {
    journal.append(s0, 1, 8);
    const running = drainer();
    await running.flush();
    const totals = await history.totals();
    expect(totals.byEvent).toEqual([{ name: "order_completed", events: 4, profiles: 1 }]);
    expect(totals.transitions).toEqual([{ segment: "big spender", entered: 2, left: 0 }]);
    await running.close();
  });

  test("a transaction has whole row groups, though a batch ends elsewhere, and the next goes on within it", async () => {
    for (let n = 0; n < 3; n++) journal.append(s0, 1, drainRowsMax / 2 + 7);
    journal.append(s1, 1, 5);
    const sizes: number[] = [];
    const running = drainer({
      history: {
        ...history,
        drain(writes) {
          sizes.push(writes.reduce((sum, { rows }) => sum + rows.length, 0));
          return history.drain(writes);
        },
      },
    });
    await running.flush();
    const all = Array.from({ length: (drainRowsMax / 2 + 7) * 3 }, (_, index) => index + 1);
    expect((await historyOf(history, s0, historyRecordsMax)).map(({ position }) => position)).toEqual(all);
    expect(await positions(s1)).toHaveLength(5);
    expect(sizes).toEqual([drainRowsMax, all.length + 5 - drainRowsMax]);
    await running.close();
  });

  test("a second passes between two looks", async () => {
    const running = drainer();
    journal.append(s0, 1, 2);
    await time.advance(drainPeriodMs - 1);
    expect(await positions(s0)).toEqual([]);
    await time.advance(1);
    await expect.poll(() => positions(s0)).toEqual([1, 2]);
    await running.close();
  });

  test("a restarted drainer goes on where history stands, within a batch too", async () => {
    journal.append(s0, 1, 10);
    const first = drainer();
    await first.flush();
    await first.close();
    journal.append(s0, 1, 10);
    const second = drainer();
    await second.flush();
    expect(await positions(s0)).toHaveLength(20);
    await second.close();
  });

  test("a journal is trimmed up to the lower of the checkpoint and the drain", async () => {
    for (let i = 0; i < 4; i++) journal.append(s0, 1, 5);
    journal.checkpoint(s0, 12);
    const running = drainer();
    await running.flush();
    expect(journal.trimmedTo(s0)).toBe(10);
    journal.checkpoint(s0, 99);
    await running.flush();
    expect(journal.trimmedTo(s0)).toBe(20);
    await running.close();
  });

  test("another drainer's rows are not written again", async () => {
    journal.append(s0, 1, 5);
    const one = drainer();
    const two = drainer();
    await one.flush();
    journal.append(s0, 1, 5);
    await Promise.all([one.flush(), two.flush()]);
    expect(await positions(s0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await Promise.all([one.close(), two.close()]);
  });

  test("a drainer that was passed by another, which also trimmed all of the journal, asks where history stands", async () => {
    journal.append(s0, 1, 5);
    const [passed, other] = [drainer(), drainer()];
    await passed.flush();
    journal.append(s0, 1, 5);
    journal.checkpoint(s0, 10);
    await other.flush();
    expect(journal.trimmedTo(s0)).toBe(10);
    await passed.flush();
    expect(shardStatus(passed, s0)).toMatchObject({ state: "draining", drained: 10, lagRecords: 0 });
    await Promise.all([passed.close(), other.close()]);
  });

  test("a former owner stops where history has seen a later epoch", async () => {
    journal.append(s0, 1, 5);
    const later = drainer({ shards: () => [{ shard: s0, epoch: 7 }] });
    await later.flush();
    await later.close();
    journal.append(s0, 1, 5);
    const former = drainer({ shards: () => [{ shard: s0, epoch: 3 }] });
    await former.flush();
    expect(await positions(s0)).toHaveLength(5);
    expect(shardStatus(former, s0)?.state).toBe("superseded");
    await former.close();
  });

  test("a journal that went back in time is left alone until its owner has appended again what history has", async () => {
    journal.append(s0, 1, 5);
    const lost = journal.append(s0, 1, 5);
    const running = drainer();
    await running.flush();
    journal.rewind(s0, 5);
    await running.flush();
    expect(shardStatus(running, s0)?.state).toBe("rewound");
    expect(troubles).toMatchObject([{ shard: s0, state: "rewound" }]);
    journal.put(s0, lost);
    journal.append(s0, 1, 2);
    await running.flush();
    expect(shardStatus(running, s0)?.state).toBe("draining");
    expect(await positions(s0)).toHaveLength(12);
    await running.close();
  });

  test("nobody waits for what a store has lost before it was drained", async () => {
    const last = journal.journal.last.bind(journal.journal);
    journal.append(s0, 1, 5);
    // Two more were there when the goal was set, and are not when it is drained.
    let asked = 0;
    const store = {
      ...journal,
      journal: {
        ...journal.journal,
        last: async (shard: ShardId) => (await last(shard)) + (shard === s0 && asked++ === 0 ? 2 : 0),
      },
    };
    const running = drainer({ store });
    await running.flush();
    expect(shardStatus(running, s0)).toMatchObject({ state: "draining", drained: 5 });
    await running.close();
  });

  test("a journal that went on without what it had lost is never mixed with history", async () => {
    journal.append(s0, 1, 5);
    journal.append(s0, 1, 5);
    const before = drainer();
    await before.flush();
    await before.close();
    const kept = await historyOf(history, s0);
    journal.rewind(s0, 5);
    journal.append(s0, 2, 20);
    const after = drainer({ shards: () => [{ shard: s0, epoch: 2 }] });
    await after.flush();
    expect(shardStatus(after, s0)?.state).toBe("diverged");
    expect(await historyOf(history, s0)).toEqual(kept);
    await after.close();
  });

  test("records that history never got and the journal no longer has are reported, and after a while passed over", async () => {
    journal.append(s0, 1, 2);
    const running = drainer();
    await running.flush();
    journal.append(s0, 1, 5);
    journal.append(s0, 1, 5);
    // The first of two batches, then both: the journal begins behind history, then it holds nothing at all.
    for (const upTo of [7, 12]) {
      await journal.journal.trim(s0, upTo);
      await running.flush();
      expect(shardStatus(running, s0)?.state).toBe("hole");
      expect(await positions(s0)).toEqual([1, 2]);
    }
    journal.append(s0, 1, 3);
    await time.advance(drainHoleMsMin + 1_000);
    await running.flush();
    expect(shardStatus(running, s0)).toMatchObject({ state: "draining", drained: 15 });
    expect(await positions(s0)).toEqual([1, 2, 13, 14, 15]);
    expect(troubles.map(({ text }) => text)).toContain(
      "Records 3 to 12 of shard 0 are in no journal any more, and history goes on without them. " +
        "The next night takes what the live store has made of them for the truth: vif reconcile does it now.",
    );
    await running.close();
  });

  test("a history that has nothing of a shard does not begin in the middle: it may be another one", async () => {
    journal.append(s0, 1, 5);
    await journal.journal.trim(s0, 5);
    journal.append(s0, 1, 5);
    const running = drainer();
    await running.flush();
    await time.advance(drainHoleMsMin * 4);
    await running.flush();
    expect(shardStatus(running, s0)?.state).toBe("hole");
    expect(await positions(s0)).toEqual([]);
    await running.close();
  });

  test("an altered batch stops its shard and no other", async () => {
    journal.append(s0, 1, 5);
    journal.append(s1, 1, 5);
    journal.corrupt(s0);
    const running = drainer();
    await running.flush();
    expect(shardStatus(running, s0)?.state).toBe("unreadable");
    expect(await positions(s1)).toHaveLength(5);
    await running.close();
  });

  test("a history that is away is asked again, later and later, and then the drain is exact", async () => {
    let away = true;
    let asked = 0;
    const flaky: Pick<History, "watermarks" | "drain" | "records"> = {
      watermarks: () => history.watermarks(),
      records: (...page) => history.records(...page),
      // The first write is made and its answer lost; then nothing gets through.
      drain: async (writes) => {
        asked++;
        if (asked === 1) await history.drain(writes);
        if (away) throw new HistoryUnavailable("away");
        return history.drain(writes);
      },
    };
    journal.append(s0, 1, 5);
    const running = drainer({ history: flaky });
    await expect(running.flush()).rejects.toThrow(HistoryUnavailable);
    expect(running.status().trouble).toBe("away");
    journal.append(s0, 1, 5);
    // Every try reads a real history: how many fit into so much of the test's own time is for the machine to say.
    const tried = async () => {
      await time.advance(drainRetryMsMax);
      return asked;
    };
    await expect.poll(tried, { timeout: 30_000 }).toBeGreaterThan(2);
    away = false;
    await running.flush();
    expect(await positions(s0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(running.status().trouble).toBeUndefined();
    expect(troubles.filter(({ shard }) => shard === undefined).map(({ text }) => text)).toEqual(["away", undefined]);
    await running.close();
  });

  test("a shard whose store is away does not keep the others from being drained", async () => {
    journal.append(s0, 1, 5);
    journal.append(s1, 1, 5);
    const store = {
      ...journal,
      journal: {
        ...journal.journal,
        last: (shard: ShardId) =>
          shard === s0 ? Promise.reject(new StoreUnavailable("one master is away")) : journal.journal.last(shard),
      },
    };
    const running = drainer({ store });
    await time.advance(drainPeriodMs);
    await expect.poll(() => positions(s1)).toEqual([1, 2, 3, 4, 5]);
    await expect.poll(() => running.status().trouble).toBe("one master is away");
    // Nor from being drained as soon the next time, though there was nothing for long, and the time after that, and trimmed.
    for (let idle = 0; idle < 5; idle++) await time.advance(drainPeriodMs);
    for (let more = 1; more <= 5; more++) {
      journal.append(s1, 1, 1);
      await time.advance(drainPeriodMs);
      await expect.poll(() => positions(s1)).toHaveLength(5 + more);
    }
    journal.checkpoint(s1, 10);
    journal.append(s1, 1, 1);
    await time.advance(journalTrimPeriodMs);
    await expect.poll(async () => (await journal.journal.read(s1, 0, 1))[0]?.firstPosition).toBe(11);
    await expect(running.flush()).rejects.toThrow("one master is away");
    await running.close();
  });

  test("appends, flushes, rivals, restarts and takeovers in any order leave the journal in history, once", async () => {
    let shard = 10;
    const step = fc.oneof(
      fc.record({ do: fc.constant("append" as const), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ do: fc.constant("flush" as const) }),
      fc.record({ do: fc.constant("be passed" as const) }),
      fc.record({ do: fc.constant("race" as const) }),
      fc.record({ do: fc.constant("restart" as const) }),
      fc.record({ do: fc.constant("take over" as const) }),
      fc.record({ do: fc.constant("checkpoint" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const own = shard++ as ShardId;
        let epoch = 1;
        const shards = () => [{ shard: own, epoch }];
        let running = drainer({ shards });
        const rival = drainer({ shards });
        let appended = 0;
        for (const next of steps) {
          if (next.do === "append") appended = journal.append(own, epoch, next.count).lastPosition;
          else if (next.do === "flush") await running.flush();
          else if (next.do === "be passed") await rival.flush();
          else if (next.do === "race") await Promise.all([running.flush(), rival.flush()]);
          else if (next.do === "take over") epoch++;
          else if (next.do === "checkpoint") journal.checkpoint(own, appended);
          else {
            await running.close();
            running = drainer({ shards });
          }
        }
        await running.flush();
        await Promise.all([running.close(), rival.close()]);
        expect(await positions(own)).toEqual(Array.from({ length: appended }, (_, index) => index + 1));
      }),
      { numRuns: 25 },
    );
  });
});
