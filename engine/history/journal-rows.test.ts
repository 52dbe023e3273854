import { expect, test } from "vitest";
import { decodeRecord, encodeBatch } from "../model/record-codec.ts";
import type { ShardId } from "../model/ids.ts";
import { PAST_MERGES, person } from "./history-fixtures.ts";
import { rowsOfBatch } from "./journal-rows.ts";

test("only the record by which a profile was absorbed tells of a merge", () => {
  const identifier = { kind: "user", value: '"ask":"absorb"' } as const;
  const records = [
    ...PAST_MERGES.map(({ record }) => decodeRecord(record)),
    {
      kind: "received",
      from: 1 as ShardId,
      fromEpoch: 1,
      n: 9,
      body: { ask: "claim", identifier, profile: person("e") },
      result: { is: "done" },
    } as const,
  ];
  const bytes = encodeBatch({ firstPosition: 1, instant: 0, records });
  const rows = rowsOfBatch(0 as ShardId, { epoch: 1, firstPosition: 1, count: records.length, bytes }, 0);
  expect(rows.map(({ merge }) => merge)).toEqual([
    { loser: person("b"), winner: person("a") },
    undefined,
    { loser: person("d"), winner: person("a") },
    undefined,
  ]);
});
