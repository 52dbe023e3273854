/**
 * The promises of port.ts as one suite, run by every adapter on a real database. `describeHistory` gives each test a
 * store of its own; `again()` is a second handle on the same store where the adapter allows two (PostgreSQL), else the
 * same one, for a store that one process owns is raced through one handle.
 */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ShardId } from "../model/ids.ts";
import { testEvents } from "./contract-events.ts";
import { testAged, testKept } from "./contract-kept.ts";
import { testPeople } from "./contract-people.ts";
import { testReceipts } from "./contract-receipts.ts";
import { historyOf, journalRows, mark, row, shard, write } from "./history-fixtures.ts";
import type { History, HistoryRow, HistoryWatermark } from "./port.ts";

export interface HistoryFixture {
  readonly history: History;
  again(): Promise<History>;
  /** Closes every handle and opens one afresh on the same store. */
  reopen(): Promise<History>;
  /** Closes and removes everything. */
  drop(): Promise<void>;
}

/**
 * @param open a fixture on a new, empty store
 * @param looksBack false for one that is never asked for people or for past events
 */
export function describeHistory(name: string, open: () => Promise<HistoryFixture>, looksBack = true): void {
  describe(`history: ${name}`, () => {
    let fixture: HistoryFixture;
    let history: History;

    beforeEach(async () => {
      fixture = await open();
      history = fixture.history;
    });

    afterEach(() => fixture.drop());

    testKept(() => fixture);
    testAged(() => fixture);
    test("an empty history has no watermarks, no records and totals of nothing", async () => {
      expect(await history.watermarks()).toEqual(new Map());
      expect(await history.records(shard(0), 0, 10)).toEqual([]);
      expect(await history.totals()).toEqual({
        events: 0,
        profiles: 0,
        firstTimestamp: undefined,
        lastTimestamp: undefined,
        byEvent: [],
        transitions: [],
        receipts: NO_RECEIPTS,
        watermarks: [],
      });
    });

    test("a drain moves the watermark and keeps every row, byte for byte", async () => {
      const rows = journalRows(3, 1, 50);
      expect(await history.drain([write(3, mark(0, 0), mark(7, 50), rows)])).toEqual(["ok"]);
      expect(await history.watermarks()).toEqual(new Map([[shard(3), mark(7, 50)]]));
      const kept = await history.records(shard(3), 0, 100);
      expect(kept.map(({ position, instant }) => [position, instant])).toEqual(
        rows.map(({ position, instant }) => [position, instant]),
      );
      expect(kept.map(({ record }) => Buffer.from(record).toString("hex"))).toEqual(
        rows.map(({ record }) => Buffer.from(record).toString("hex")),
      );
    });

    test("a repeated drain is refused and writes nothing", async () => {
      const once = write(0, mark(0, 0), mark(1, 5), journalRows(0, 1, 5));
      expect(await history.drain([once])).toEqual(["ok"]);
      expect(await history.drain([once])).toEqual(["moved"]);
      expect(await positions(history, 0)).toEqual([1, 2, 3, 4, 5]);
    });

    test.each([
      ["an older epoch", mark(1, 5)],
      ["a newer epoch", mark(3, 5)],
      ["an older position", mark(2, 4)],
      ["a position ahead", mark(2, 6)],
      ["nothing at all", mark(0, 0)],
    ])("a drain that starts from %s is refused", async (_, from) => {
      await history.drain([write(0, mark(0, 0), mark(2, 5), journalRows(0, 1, 5))]);
      const to = mark(9, from.position + 1);
      const outcome = await history.drain([write(0, from, to, journalRows(0, from.position + 1, 1))]);
      expect(outcome).toEqual(["moved"]);
      expect(await history.watermarks()).toEqual(new Map([[shard(0), mark(2, 5)]]));
      expect(await positions(history, 0)).toEqual([1, 2, 3, 4, 5]);
    });

    test("an epoch can be raised with no rows, so that a former owner's drain is refused", async () => {
      expect(await history.drain([write(2, mark(0, 0), mark(4, 0), [])])).toEqual(["ok"]);
      expect(await history.drain([write(2, mark(0, 0), mark(3, 1), journalRows(2, 1, 1))])).toEqual(["moved"]);
      expect(await history.watermarks()).toEqual(new Map([[shard(2), mark(4, 0)]]));
    });

    test("a shard that has moved does not stop the others of the same call", async () => {
      await history.drain([write(1, mark(0, 0), mark(1, 2), journalRows(1, 1, 2))]);
      const outcomes = await history.drain([
        write(0, mark(0, 0), mark(1, 3), journalRows(0, 1, 3)),
        write(1, mark(0, 0), mark(1, 2), journalRows(1, 1, 2)),
        write(2, mark(0, 0), mark(1, 1), journalRows(2, 1, 1)),
      ]);
      expect(outcomes).toEqual(["ok", "moved", "ok"]);
      expect(await positions(history, 0)).toEqual([1, 2, 3]);
      expect(await positions(history, 1)).toEqual([1, 2]);
      expect(await positions(history, 2)).toEqual([1]);
    });

    test("of two drainers at one watermark exactly one wins each shard, and all rows stand once", async () => {
      const other = await fixture.again();
      const shards = [0, 1, 2, 3];
      const mine = shards.map((n) => write(n, mark(0, 0), mark(1, 40), journalRows(n, 1, 40)));
      const theirs = [...mine].reverse();
      const [left, right] = await Promise.all([history.drain(mine), other.drain(theirs)]);
      for (const n of shards) expect([left[n], right[shards.length - 1 - n]].sort()).toEqual(["moved", "ok"]);
      for (const n of shards) expect(await positions(history, n)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    });

    test.each([
      ["too few rows", (rows: HistoryRow[]) => rows.slice(1)],
      ["a hole", (rows: HistoryRow[]) => [...rows.slice(0, 2), row(0, 9), ...rows.slice(3)]],
      ["another shard's row", (rows: HistoryRow[]) => [...rows.slice(0, 3), row(1, 4)]],
    ])("%s is a caller's mistake and leaves nothing, also of the other shards", async (_, spoil) => {
      const good = write(1, mark(0, 0), mark(1, 2), journalRows(1, 1, 2));
      const bad = write(0, mark(0, 0), mark(1, 4), spoil([...journalRows(0, 1, 4)]));
      await expect(history.drain([good, bad])).rejects.toThrow(RangeError);
      expect(await history.watermarks()).toEqual(new Map());
      expect(await positions(history, 1)).toEqual([]);
    });

    test("a shard of which there is nothing may begin behind what another one has, and goes on from there", async () => {
      await history.drain([write(0, mark(0, 0), mark(1, 20), journalRows(0, 1, 20))]);
      const begun = [write(4, mark(0, 0), mark(5, 20), []), write(5, mark(0, 0), mark(5, 0), [])];
      expect(await history.drain(begun)).toEqual(["ok", "ok"]);
      expect(await history.drain(begun)).toEqual(["moved", "moved"]);
      await history.drain([write(4, mark(5, 20), mark(6, 23), journalRows(4, 21, 3))]);
      expect(await positions(history, 4)).toEqual([21, 22, 23]);
      expect(await history.seals(shard(4), 0, 100)).toMatchObject([{ from: 20, to: 23 }]);
      expect([...(await history.watermarks())]).toEqual([
        [0, mark(1, 20)],
        [4, mark(6, 23)],
        [5, mark(5, 0)],
      ]);
      // Once anything was drained, what is missing is missed.
      await expect(history.drain([write(4, mark(6, 23), mark(6, 40), [])])).rejects.toThrow(RangeError);
    });

    test("what is nowhere any more is passed over, and all else stands as it did", async () => {
      await history.drain([write(0, mark(0, 0), mark(1, 4), journalRows(0, 1, 4))]);
      const over = { ...write(0, mark(1, 4), mark(2, 10), []), passesOver: true as const };
      expect(await history.drain([over])).toEqual(["ok"]);
      expect(await history.drain([over])).toEqual(["moved"]);
      await history.drain([write(0, mark(2, 10), mark(2, 12), journalRows(0, 11, 2))]);
      expect(await positions(history, 0)).toEqual([1, 2, 3, 4, 11, 12]);
      expect((await history.seals(shard(0), 0, 100)).map(({ from, to }) => [from, to])).toEqual([
        [0, 4],
        [10, 12],
      ]);
      const some = { ...write(0, mark(2, 12), mark(2, 20), journalRows(0, 13, 2)), passesOver: true as const };
      await expect(history.drain([some])).rejects.toThrow(RangeError);
    });

    test("records come in order after a position, at most as many as asked", async () => {
      await history.drain([write(0, mark(0, 0), mark(1, 30), journalRows(0, 1, 30))]);
      await history.drain([write(0, mark(1, 30), mark(2, 60), journalRows(0, 31, 30))]);
      await history.drain([write(1, mark(0, 0), mark(2, 60), journalRows(1, 1, 60))]);
      const page = await history.records(shard(0), 25, 10);
      expect(page.map(({ position }) => position)).toEqual([26, 27, 28, 29, 30, 31, 32, 33, 34, 35]);
      expect(await history.records(shard(0), 60, 10)).toEqual([]);
      expect((await history.records(shard(0), 58, 10)).map(({ position }) => position)).toEqual([59, 60]);
    });

    test("totals count events, people and segment changes", async () => {
      const at = Date.UTC(2025, 2, 1, 12);
      const rows = [
        row(0, 1, { profile: "a", event: { name: "page_viewed", timestamp: at } }),
        row(0, 2, { profile: "a", event: { name: "order_completed", timestamp: at + 5 } }),
        row(0, 3, { profile: "b", event: { name: "page_viewed", timestamp: at - 86_400_000 } }),
        row(0, 4, { profile: "a", transition: { segment: "big spender", entered: true } }),
        row(0, 5, { profile: "a", transition: { segment: "big spender", entered: false } }),
        row(0, 6, { profile: "b", transition: { segment: "big spender", entered: true } }),
        row(0, 7, {}),
      ];
      await history.drain([write(0, mark(0, 0), mark(3, 7), rows)]);
      expect(await history.totals()).toEqual({
        events: 3,
        profiles: 2,
        firstTimestamp: at - 86_400_000,
        lastTimestamp: at + 5,
        byEvent: [
          { name: "page_viewed", events: 2, profiles: 2 },
          { name: "order_completed", events: 1, profiles: 1 },
        ],
        transitions: [{ segment: "big spender", entered: 2, left: 1 }],
        receipts: NO_RECEIPTS,
        watermarks: [{ shard: 0, epoch: 3, position: 7 }],
      });
      expect(await history.transitions()).toEqual([{ segment: "big spender", entered: 2, left: 1 }]);
    });

    testReceipts(() => history);

    if (looksBack) {
      testPeople(() => history);
      testEvents(() => history);
    }

    test("all days, past and to come, find a place", async () => {
      const days = [
        "1969-12-31T23:59:59.999Z",
        "2024-02-29T00:00:00.000Z",
        "2024-02-29T23:59:59.999Z",
        "2031-07-01T10:00:00Z",
      ];
      const rows = days.map((day, index) => row(0, index + 1, { instant: Date.parse(day) }));
      expect(await history.drain([write(0, mark(0, 0), mark(1, rows.length), rows)])).toEqual(["ok"]);
      expect((await history.records(shard(0), 0, 10)).map(({ instant }) => instant)).toEqual(
        days.map((day) => Date.parse(day)),
      );
    });

    test("no text from the wire stops the drain", async () => {
      const nasty = [
        "\0",
        "a\0b",
        "\ud800",
        "x\udc00y",
        "'; drop table records; --",
        "\\N",
        "\\.",
        "\t\r\n",
        "🦆",
        "",
        "{}",
      ];
      const rows = nasty.map((text, index) =>
        row(0, index + 1, {
          profile: "a",
          event: { name: text, messageId: text, source: text, body: JSON.stringify({ fields: { [text]: text } }) },
          record: Buffer.from(text),
        }),
      );
      expect(await history.drain([write(0, mark(0, 0), mark(1, rows.length), rows)])).toEqual(["ok"]);
      const kept = await history.records(shard(0), 0, 100);
      expect(kept.map(({ record }) => Buffer.from(record))).toEqual(nasty.map((text) => Buffer.from(text)));
      expect((await history.totals()).events).toBe(nasty.length);
    });

    test("what was drained is there after a reopening, and its tables are not made twice", async () => {
      await history.drain([write(0, mark(0, 0), mark(2, 9), journalRows(0, 1, 9))]);
      const before = await history.totals();
      const reopened = await fixture.reopen();
      expect(await reopened.totals()).toEqual(before);
      expect(await reopened.drain([write(0, mark(2, 9), mark(2, 10), journalRows(0, 10, 1))])).toEqual(["ok"]);
      const twice = await fixture.reopen();
      expect(await positions(twice, 0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    test("any interleaving of drainers over any journals leaves each journal's rows once", async () => {
      const other = await fixture.again();
      const handles = [history, other];
      let firstShard = 0;
      const step = fc.record({
        drainer: fc.nat({ max: 3 }),
        shards: fc.subarray([0, 1, 2], { minLength: 1 }),
        rows: fc.integer({ min: 0, max: 7 }),
        refresh: fc.boolean(),
        together: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 3, maxLength: 3 }),
          fc.array(step, { maxLength: 14 }),
          async (lengths, steps) => {
            // Shards of their own for every run, so that one store serves all runs.
            const base = firstShard;
            firstShard += 3;
            const journals = lengths.map((length, n) => journalRows(base + n, 1, length));
            const drainers = [0, 1, 2, 3].map((n) => createRacer(handles[n % 2] ?? history, base, journals, n + 1));
            let running: Promise<void>[] = [];
            for (const { drainer, shards, rows, refresh, together } of steps) {
              const racer = drainers[drainer];
              if (racer === undefined) continue;
              running.push(racer(shards, rows, refresh));
              if (!together) await Promise.all(running.splice(0));
            }
            await Promise.all(running);
            running = [];
            const last = createRacer(history, base, journals, 9);
            await last([0, 1, 2], 100, true);
            for (const [n, journal] of journals.entries())
              expect(await historyOf(history, base + n)).toEqual(contents(journal));
          },
        ),
        { numRuns: 30 },
      );
    });
  });
}

/** One drainer with a memory of the watermarks that may be stale: it must do no harm when it is. */
const NO_RECEIPTS = {
  receipts: 0,
  returns: 0,
  unclaimed: 0,
  lines: 0,
  linesAmount: "0",
  byCurrency: [],
  customers: 0,
  entries: 0,
  points: 0,
};

function createRacer(history: History, base: number, journals: readonly (readonly HistoryRow[])[], epoch: number) {
  let known: ReadonlyMap<ShardId, HistoryWatermark> = new Map();
  let busy: Promise<void> = Promise.resolve();
  return (shards: readonly number[], rows: number, refresh: boolean): Promise<void> => {
    busy = busy.then(async () => {
      if (refresh) known = await history.watermarks();
      const writes = shards.map((n) => {
        const from = known.get(shard(base + n)) ?? mark(0, 0);
        const taken = journals[n]?.slice(from.position, from.position + rows) ?? [];
        return write(base + n, from, mark(Math.max(from.epoch, epoch), from.position + taken.length), taken);
      });
      await history.drain(writes);
    });
    return busy;
  };
}

function contents(rows: readonly HistoryRow[]) {
  return rows.map(({ position, instant, record }) => ({
    position,
    instant,
    record: Buffer.from(record).toString("hex"),
  }));
}

async function positions(history: History, n: number): Promise<readonly number[]> {
  return (await historyOf(history, n)).map(({ position }) => position);
}
