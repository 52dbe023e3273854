import { expect, it } from "vitest";
import { Lineage } from "../history/port.ts";
import type { PlanDigest, ShardId } from "../model/ids.ts";
import { encodeBatch, splitBatch } from "../model/record-codec.ts";
import type { JournalRecord } from "../model/record.ts";
import { lacksOf, passesOf } from "./shard-lacks.ts";

function recordsOf(shard: number, records: readonly (readonly [position: number, record: JournalRecord])[]) {
  return records.map(([position, record]) => {
    const [split] = splitBatch(encodeBatch({ firstPosition: position, instant: 0, records: [record] }));
    if (split === undefined) throw new TypeError("a batch without its record");
    return { shard: shard as ShardId, position, record: split.record };
  });
}

const plan = (digest: string, streams: readonly number[] = [], attributes: readonly number[] = []): JournalRecord => ({
  kind: "plan",
  digest: digest as PlanDigest,
  ...(streams.length + attributes.length > 0 && {
    lacking: { streams: streams.map((id) => ({ id, longer: id === 9 })), attributes },
  }),
});

const ALONE = new Lineage({});

it("a shard lacks what its plans have begun to read, until it is told that it is there", () => {
  const lacks = lacksOf(
    [
      ...recordsOf(0, [
        [1, plan("a")],
        [5, plan("b", [7], [3])],
        [9, plan("c", [8])],
        [
          12,
          {
            kind: "warmed",
            backfilled: { streams: [{ id: 7, longer: false, since: 5 }], attributes: [{ id: 3, since: 5 }] },
          },
        ],
        // Of an earlier time: somebody wants it anew since.
        [14, plan("d", [7])],
        [15, { kind: "warmed", backfilled: { streams: [{ id: 7, longer: false, since: 5 }], attributes: [] } }],
      ]),
      ...recordsOf(1, [[3, plan("c")]]),
    ],
    ALONE,
  );
  expect(lacks.get(0 as ShardId)).toEqual({
    plan: "d",
    lacking: {
      streams: [
        { id: 8, longer: false, since: 9 },
        { id: 7, longer: false, since: 14 },
      ],
      attributes: [],
    },
  });
  expect(lacks.get(1 as ShardId)).toEqual({ plan: "c", lacking: { streams: [], attributes: [] } });
});

it("what is lacking from the same positions on is gathered in one pass", () => {
  const passes = passesOf(
    lacksOf(
      [
        ...recordsOf(0, [
          [5, plan("a", [7, 9], [3])],
          [8, plan("b", [6])],
        ]),
        ...recordsOf(1, [
          [2, plan("a", [7, 9], [3])],
          [4, plan("b", [6])],
        ]),
      ],
      ALONE,
    ),
  );
  expect(passes).toEqual([
    {
      upTo: new Map([
        [0, 5],
        [1, 2],
      ]),
      streams: [
        { id: 7, longer: false },
        { id: 9, longer: true },
      ],
      attributes: [3],
    },
    {
      upTo: new Map([
        [0, 8],
        [1, 4],
      ]),
      streams: [{ id: 6, longer: false }],
      attributes: [],
    },
  ]);
});

it("a shard that has come from another one lacks what that one did by then, until it is told itself", () => {
  const lineage = new Lineage({ 2: { shard: 0 as ShardId, upTo: 8 } });
  const before = recordsOf(0, [
    [2, plan("a")],
    [5, plan("b", [7])],
    [9, plan("c")],
  ]);
  const lacking = { streams: [{ id: 7, longer: false, since: 5 }], attributes: [] };
  const lacks = lacksOf(before, lineage);
  expect(lacks.get(2 as ShardId)).toEqual({ plan: "b", lacking });
  // Its past is among the records of the one that it has come from.
  expect([...(passesOf(lacks)[0]?.upTo ?? [])].sort()).toEqual([
    [0, 5],
    [2, 5],
  ]);
  const own = recordsOf(2, [
    [9, plan("c")],
    [10, { kind: "warmed", backfilled: lacking }],
  ]);
  expect(lacksOf([...before, ...own], lineage).get(2 as ShardId)).toEqual({
    plan: "c",
    lacking: { streams: [], attributes: [] },
  });
});
