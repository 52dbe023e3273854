import { expect, test } from "vitest";
import type { Report, Status } from "../control/port.ts";
import { renderReport } from "./report-text.ts";
import { createStyle } from "./terminal.ts";
import { cellWidth, shorten } from "./text-table.ts";

const plain = createStyle(false);

const report: Report = {
  events: 1_234_567,
  profiles: 45_678,
  firstTimestamp: Date.UTC(2025, 2, 1, 12, 30, 59),
  lastTimestamp: Date.UTC(2025, 2, 9, 8, 5),
  byEvent: [
    { name: "page_viewed", events: 1_000_000, profiles: 45_678 },
    { name: "商品_閲覧", events: 234_000, profiles: 2_000 },
    { name: "order_completed", events: 567, profiles: 500 },
  ],
  transitions: [
    { segment: "big spender", entered: 1_234, left: 34 },
    { segment: "recent visitors", entered: 45_000, left: 44_100 },
  ],
  watermarks: [
    { shard: 0, epoch: 3, position: 700_000 },
    { shard: 1, epoch: 4, position: 600_000 },
  ],
};

const status: Status = {
  version: "1",
  node: "n",
  startedAt: 0,
  store: "embedded",
  durability: "disk",
  workers: 1,
  shardsTotal: 2,
  shards: [
    {
      shard: 0,
      epoch: 3,
      state: "owned",
      position: 700_012,
      durable: 700_012,
      checkpoint: 699_000,
      unfilled: 0,
      drained: 700_000,
      drain: "draining",
      lagRecords: 12,
      lagSeconds: 0.42,
    },
  ],
  history: { kind: "embedded", rows: 10 },
};

const text = { report, status: undefined, source: "as told by the engine", all: false, shards: false };

test("a report is columns that line up, with separators", () => {
  expect(renderReport({ ...text, status, shards: true }, plain)).toBe(`History  as told by the engine

Events    1,234,567   from 2025-03-01 12:30 UTC to 2025-03-09 08:05 UTC
Profiles     45,678   27.0 events each

Event               Events   Share  Profiles
page_viewed      1,000,000  81.0 %    45,678
商品_閲覧          234,000  19.0 %     2,000
order_completed        567  <0.1 %       500

Segment          Entered    Left  Inside
big spender        1,234      34   1,200
recent visitors   45,000  44,100     900

12 records are on the way to history, the oldest for 0.4 s.

Shard  Epoch  History  Journal  Behind  Here
    0      3  700,000  700,012      12  owned
    1      4  600,000`);
});

test("an empty history says so", () => {
  const empty: Report = { events: 0, profiles: 0, byEvent: [], transitions: [], watermarks: [] };
  expect(renderReport({ ...text, report: empty }, plain)).toBe("History  as told by the engine\n\nNo events yet.");
});

test("many names are cut to a screen, and --all shows them", () => {
  const byEvent = Array.from({ length: 25 }, (_, n) => ({ name: `event_${n}`, events: 100 - n, profiles: 1 }));
  const many = { ...text, report: { ...report, byEvent } };
  expect(renderReport(many, plain)).toContain("and 5 more: --all");
  expect(renderReport({ ...many, all: true }, plain)).toContain("event_24");
});

test("a name from outside cannot steer the terminal", () => {
  const byEvent = [{ name: "a\u001b[2J\u202eb\n\0", events: 1, profiles: 1 }];
  const shown = renderReport({ ...text, report: { ...report, byEvent } }, plain);
  expect(shown).toContain("a\\u{1b}[2J\\u{202e}b\\u{a}\\u{0}");
  expect(shown).not.toContain("\u001b");
});

test("a shard that is at odds with history, and a history that is away, are said", () => {
  const [shard] = status.shards;
  if (shard === undefined) throw new Error("no shard");
  const odd: Status = {
    ...status,
    shards: [{ ...shard, drain: "rewound", lagRecords: 0 }],
    history: { ...status.history, trouble: "connection refused" },
  };
  const shown = renderReport({ ...text, status: odd }, plain);
  expect(shown).toContain("Shard 0 is not drained: its journal is rewound.");
  expect(shown).toContain("History cannot be written: connection refused");
});

test.each([
  ["abc", 3],
  ["é", 1],
  ["e\u0301", 1],
  ["商品", 4],
  ["🦆", 2],
])("%s takes %i cells", (name, cells) => {
  expect(cellWidth(name)).toBe(cells);
});

test("a long name keeps its beginning", () => {
  expect(shorten("abcdef", 6)).toBe("abcdef");
  expect(shorten("abcdefg", 6)).toBe("abcde…");
  expect(cellWidth(shorten("商品商品商品", 6))).toBeLessThanOrEqual(6);
});

test("receipts are told with what they add up to, in each currency, to the last decimal", () => {
  const receipts = {
    receipts: 25_900,
    returns: 3_836,
    unclaimed: 3_710,
    lines: 541_909,
    linesAmount: "974774793400000",
    byCurrency: [
      { currency: "CHF", receipts: 2, total: "-12300" },
      { currency: "GBP", receipts: 25_898, total: "97477479340" },
    ],
    customers: 4_372,
    entries: 22_190,
    points: 8_293_239,
  };
  expect(renderReport({ ...text, report: { ...report, receipts } }, plain)).toContain(`
Receipts   25,900   3,836 are returns, 3,710 are nobody's
Lines     541,909   -1.23 CHF, 9,747,747.934 GBP
Ledger     22,190   entries of 4,372 customers, 8,293,239 points in all
`);
});
