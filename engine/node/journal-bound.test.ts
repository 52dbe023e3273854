import { expect, it } from "vitest";
import { journalLagRecordsMax } from "../limits-of-history.ts";
import { createJournalBound } from "./journal-bound.ts";

it("tells of the bound once, and of its end once half is drained", () => {
  const notes: string[] = [];
  let status = { shards: [{ lagRecords: 0 }, { lagRecords: 0 }] };
  const isBehind = createJournalBound(
    () => status,
    (text) => notes.push(text),
  );
  const lag = (records: number): boolean => {
    status = { shards: [{ lagRecords: records }, { lagRecords: 1 }] };
    return isBehind();
  };

  expect(lag(journalLagRecordsMax - 1)).toBe(false);
  expect(lag(journalLagRecordsMax)).toBe(true);
  expect(isBehind()).toBe(true);
  expect(lag(journalLagRecordsMax - 1)).toBe(true);
  expect(notes).toHaveLength(1);
  expect(lag(journalLagRecordsMax / 2 - 1)).toBe(false);
  expect(notes).toHaveLength(2);
});
