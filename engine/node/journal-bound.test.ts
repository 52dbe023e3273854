import { expect, it } from "vitest";
import { createJournalBound } from "./journal-bound.ts";

const MOST = 10_000;

it("tells of the bound once, and of its end once half is drained", () => {
  const notes: string[] = [];
  let status = { shards: [{ lagRecords: 0 }, { lagRecords: 0 }] };
  const isBehind = createJournalBound(
    () => status,
    MOST,
    (text) => notes.push(text),
  );
  const lag = (records: number): boolean => {
    status = { shards: [{ lagRecords: records }, { lagRecords: 1 }] };
    return isBehind();
  };

  expect(lag(MOST - 1)).toBe(false);
  expect(lag(MOST)).toBe(true);
  expect(isBehind()).toBe(true);
  expect(lag(MOST - 1)).toBe(true);
  expect(notes).toHaveLength(1);
  expect(lag(MOST / 2 - 1)).toBe(false);
  expect(notes).toHaveLength(2);
});
