/** What of a night is told to have been put off, and why. */
import { expect, test } from "vitest";
import type { RetainReport } from "../reconcile/port.ts";
import { nightsWithheld, retainTold, withheldTold } from "./night-steps.ts";

const nothing: RetainReport = { startedAt: 0, endedAt: 1_000, node: "n1", dryRun: false, events: [] };
const views = { name: "product_viewed", before: 0, rows: 0, waiting: 0 };

test("what is too old stays where something differed, and that is told", () => {
  expect(withheldTold({ drifts: 1 })).toEqual({
    changed: {},
    note: "what is too old stays: 1 difference was found, and nothing goes that could tell why",
    problem: "1 difference was found, and nothing goes that could tell why",
    because: [{ is: "differences", count: 1 }],
  });
  expect(withheldTold({ drifts: 12 }).problem).toBe("12 differences were found, and nothing goes that could tell why");
});

test.each([
  ["nothing is too old", {}, undefined, undefined],
  ["all went", { events: [{ ...views, rows: 5 }], compacted: { before: 9, after: 1 } }, undefined, undefined],
  [
    "no snapshot stands for some of it",
    { events: [{ ...views, waiting: 5 }], fields: [{ ...views, people: 0, waiting: 2 }] },
    "7 rows of history wait until a snapshot stands for them",
    [{ is: "unsnapped_rows", count: 7 }],
  ],
  ["the disk is full", { compacted: "no_room" }, "the disk is too full to write history anew", [{ is: "no_room" }]],
  ["history is read", { compacted: "busy" }, "history was being read, and could not be written anew", [{ is: "busy" }]],
] as const)("where %s, it says so", (_of, report, problem, because) => {
  const told = retainTold({ ...nothing, ...report });
  expect([told.problem, told.because]).toEqual([problem, because]);
});

test("counts the nights in a row in which nothing went for what differed", () => {
  const night = (is?: "differences" | "no_room") => {
    const because = is && [{ is }];
    const each = { startedAt: 0, endedAt: 0, changed: {} };
    return {
      steps: [
        { ...each, step: "retain" as const, ...(because && { because }) },
        { ...each, step: "rfm" as const },
      ],
    };
  };
  expect(nightsWithheld([])).toBe(0);
  expect(nightsWithheld([night(), night("differences")])).toBe(0);
  expect(nightsWithheld([night("no_room"), night("differences")])).toBe(0);
  // The one that is under way, and some that only compared.
  const nights = [{ steps: [] }, night("differences"), {}, night("differences"), night(), night("differences")];
  expect(nightsWithheld(nights)).toBe(2);
  expect(nightsWithheld([night("differences"), night("differences")])).toBe(2);
});
