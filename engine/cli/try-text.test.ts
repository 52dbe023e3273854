/** What a tried rule looks like: days in which nothing happened are one line, and nothing is lost by it. */
import { expect, it } from "vitest";
import { createStyle } from "./terminal.ts";
import { renderTried } from "./try-text.ts";

const DAY_MS = 86_400_000;
const START = Date.parse("2026-03-01T00:00:00Z");
const dayAt = (day: number): string => new Date(START + day * DAY_MS).toISOString().slice(0, 10);
const span = { rule: "x", since: START, until: START + 29 * DAY_MS, events: 10, people: 3, some: [] };

it("folds the days of a trigger on which nothing fired", () => {
  const days = Array.from({ length: 30 }, (_, day) => ({ day: dayAt(day), fired: day === 4 ? 2 : day === 5 ? 1 : 0 }));
  const skipped = [{ reason: "no_consent", messages: 2 }];
  const report = { kind: "trigger" as const, ...span, fired: 3, reached: 2, sent: 1, skipped, outbids: [], days };
  const text = renderTried(report, "history", createStyle(false));
  expect(text).toContain("3 messages set off, for 2 people, of which 1 would have gone out");
  const lines = text.split("\n").filter((line) => line.startsWith("2026-"));
  expect(lines.map((line) => line.replace(/ {2,}.*/, ""))).toEqual([
    "2026-03-01 and 3 more",
    "2026-03-05",
    "2026-03-06",
    "2026-03-07 and 23 more",
  ]);
  expect(lines.map((line) => Number(/ {2,}(\d+)/.exec(line)?.[1]))).toEqual([0, 2, 1, 0]);
});

it("folds those of a segment that nobody entered or left, whoever is inside", () => {
  const days = [3, 3, 3, 4, 4].map((inside, day) => ({ day: dayAt(day), entered: day === 3 ? 1 : 0, left: 0, inside }));
  const report = { kind: "segment", ...span, insideBefore: 3, insideNow: 4, entered: 1, left: 0, days } as const;
  const lines = renderTried(report, "history", createStyle(false))
    .split("\n")
    .filter((line) => line.startsWith("2026-"));
  expect(lines.map((line) => line.trim().split(/ {2,}/).slice(0, 4))).toEqual([
    ["2026-03-01 and 2 more", "0", "0", "3"],
    ["2026-03-04", "1", "0", "4"],
    ["2026-03-05", "0", "0", "4"],
  ]);
});

it("tells step by step how the messages of a trigger become fewer, by whom, and what they keep from others", () => {
  const skipped = [
    { reason: "no_consent", messages: 900 },
    { reason: "pressure", messages: 300, by: [{ name: "marketing at most 2 per 7 days", messages: 300 }] },
    {
      reason: "outbid",
      messages: 50,
      by: [
        { name: "welcome", messages: 40 },
        { name: "birthday", messages: 10 },
      ],
    },
  ];
  const outbids = [{ trigger: "news", messages: 7 }];
  const figures = { fired: 2_250, reached: 2_000, sent: 1_000, skipped, outbids, days: [] };
  const report = { kind: "trigger" as const, ...span, ...figures };
  const lines = renderTried(report, "history", createStyle(false)).split("\n");
  const from = lines.findIndex((line) => line.startsWith("Messages"));
  expect(lines.slice(from + 1, from + 12).map((line) => line.trim())).toEqual([
    "2,250  set off",
    "-900  to people who have not agreed",
    "1,350  could go out alone",
    "-300  kept back by a cap",
    "300 by marketing at most 2 per 7 days",
    "-50  outbid by a message that goes before",
    "40 by welcome",
    "10 by birthday",
    "1,000  go out",
    "",
    "Its messages go before others, which are then not sent: 7 of news.",
  ]);
});
