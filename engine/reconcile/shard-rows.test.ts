/** What a part is given is the same whether it reads all of history or what was put away for it. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import type { HistoryRecord } from "../history/port.ts";
import { spilledChunkBytes } from "../limits-of-reconcile.ts";
import { createProfileId, type PlanDigest, type Position, type ShardId, type Slot } from "../model/ids.ts";
import { encodeBatch, splitBatch } from "../model/record-codec.ts";
import type { JournalRecord } from "../model/record.ts";
import { isOfPart } from "./bands.ts";
import { openRow } from "./history-records.ts";
import { openShardRows } from "./shard-rows.ts";

const SHARD = 0 as ShardId;
const SHARDS = 2;
const folder = mkdtempSync(join(tmpdir(), "vif-shard-rows-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isOfShard = (slot: Slot): boolean => slot % SHARDS === SHARD;

/** Of one person (of this shard or, from before there were so many, of another), or of everybody. */
function recordOf(seed: number): JournalRecord {
  const profile = createProfileId(((seed * 37) % 4096) as Slot, 1, seed);
  if (seed % 5 === 0) return { kind: "plan", digest: `plan-${seed}` as PlanDigest };
  if (seed % 5 === 1)
    return {
      kind: "received",
      from: SHARD,
      n: seed,
      fromEpoch: 1,
      body: { ask: "moved" } as never,
      result: { is: "done" },
    };
  return { kind: "transition", profile, segment: `segment-${"x".repeat(seed % 90)}`, inside: seed % 2 === 0 } as never;
}

function bytesOf(record: JournalRecord): Uint8Array {
  const [split] = splitBatch(encodeBatch({ firstPosition: 1, instant: 1, records: [record] }));
  return split?.record as Uint8Array;
}

function historyOf(rows: readonly HistoryRecord[]) {
  return {
    records: async (_shard: ShardId, after: number, limit: number) =>
      rows.filter(({ position }) => position > after).slice(0, limit),
    seals: async () => [],
  };
}

type Told = { readonly position: Position; readonly record: string } | { readonly flaw: string };

/** What a part folds, and what it is told to be wrong; the first with all positions. */
async function readPart(
  rows: Awaited<ReturnType<typeof openShardRows>>,
  { part, parts, upTo }: { readonly part: number; readonly parts: number; readonly upTo: Position },
): Promise<{ readonly told: readonly Told[]; readonly positions: readonly Position[] }> {
  const told: Told[] = [];
  const positions: Position[] = [];
  const isOurs = (slot: Slot): boolean => isOfShard(slot) && isOfPart(slot, { part, parts });
  for await (const page of rows.read(part, upTo))
    for (const found of page) {
      const read = "flaw" in found ? found : openRow(found, isOurs);
      if ("flaw" in read) told.push({ flaw: `${read.flaw.cause} ${read.flaw.from} ${read.flaw.to}` });
      else {
        const { position, record } = read.row;
        positions.push(position);
        if (record !== undefined) told.push({ position, record: JSON.stringify(record) });
      }
    }
  return { told, positions };
}

it("is the same, with what is wrong with the rows and what comes meanwhile", async () => {
  const arbitrary = {
    seeds: fc.array(fc.nat(10_000), { minLength: 1, maxLength: 120 }),
    after: fc.nat(20),
    spilled: fc.nat(130),
    back: fc.nat(30),
    parts: fc.constantFrom(2, 4, 64),
    lost: fc.array(fc.nat(119), { maxLength: 3 }),
    spoilt: fc.option(fc.nat(119), { nil: -1 }),
  };
  await fc.assert(
    fc.asyncProperty(fc.record(arbitrary), async ({ seeds, after, spilled, back, parts, lost, spoilt }) => {
      const rows = seeds.map((seed, index): HistoryRecord => {
        const record = index === spoilt ? new Uint8Array([255, 1]) : bytesOf(recordOf(seed));
        return { position: index + 1, instant: 1_000 + index, record };
      });
      const end = rows.length;
      const cut = Math.min(spilled, end);
      // A gap in which a reader ends is told as far as it goes: none is there.
      const isLost = (at: number): boolean => lost.includes(at) && at < end - back - 1 && Math.abs(at + 1 - cut) > 1;
      const kept = rows.filter((_, at) => !isLost(at));
      const around = { shard: SHARD, after, parts, isOurs: isOfShard, upTo: cut };
      const direct = await openShardRows({ ...around, history: historyOf(kept), scratch: undefined });
      const put = await openShardRows({ ...around, history: historyOf(kept), scratch: folder });
      expect(readdirSync(folder)).toEqual([]);
      try {
        for (let part = 0; part < parts; part++) {
          const of = { part, parts, upTo: Math.max(1, part % 2 === 0 ? end : end - back) };
          const [expected, given] = [await readPart(direct, of), await readPart(put, of)];
          expect(given.told).toEqual(expected.told);
          if (part === 0) expect(given.positions).toEqual(expected.positions);
        }
      } finally {
        put.close();
      }
    }),
  );
});

it("holds records that are larger than what is put away at once", async () => {
  const text = "x".repeat(spilledChunkBytes);
  const records = Array.from({ length: 5 }, (_, n) => ({ kind: "plan", digest: `${text}${n}` as PlanDigest }) as const);
  const history = historyOf(records.map((record, at) => ({ position: at + 1, instant: at, record: bytesOf(record) })));
  const rows = await openShardRows({
    history,
    shard: SHARD,
    after: 0,
    parts: 2,
    isOurs: isOfShard,
    upTo: 5,
    scratch: folder,
  });
  const { told } = await readPart(rows, { part: 1, parts: 2, upTo: 5 });
  expect(told.map((each) => "record" in each && each.record)).toEqual(records.map((each) => JSON.stringify(each)));
  rows.close();
});

it("reads all for each part where no file can be written", async () => {
  const blocked = join(folder, "a-file");
  writeFileSync(blocked, "");
  const history = historyOf([{ position: 1, instant: 1, record: bytesOf(recordOf(5)) }]);
  const rows = await openShardRows({
    history,
    shard: SHARD,
    after: 0,
    parts: 2,
    isOurs: isOfShard,
    upTo: 1,
    scratch: blocked,
  });
  for (const part of [0, 1]) expect((await readPart(rows, { part, parts: 2, upTo: 1 })).told).toHaveLength(1);
  rows.close();
});
