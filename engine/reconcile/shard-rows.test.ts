/** What a part is given is the same whether it reads all of history or what was put away for it. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createSmallDisk, mountMissing } from "../../tests/support/small-disk.ts";
import { type HistoryRecord, SealWriter } from "../history/port.ts";
import { historyRecordsFirst } from "../limits-of-history.ts";
import { spilledChunkBytes, spillLeavesBytes, spillLookBytes } from "../limits-of-reconcile.ts";
import { cellKey } from "../model/identifier.ts";
import { createProfileId, type PlanDigest, type Position, type ShardId, type Slot } from "../model/ids.ts";
import { encodeBatch, splitBatch } from "../model/record-codec.ts";
import type { JournalRecord } from "../model/record.ts";
import { isOfPart } from "./bands.ts";
import { openRow } from "./history-records.ts";
import { openShardRows } from "./shard-rows.ts";
import { slotsNamed } from "./slots-named.ts";

const SHARD = 0 as ShardId;
const SHARDS = 2;
/** Rows of one drain. */
const WRITE = 7;
const folder = mkdtempSync(join(tmpdir(), "vif-shard-rows-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isOfShard = (slot: Slot): boolean => slot % SHARDS === SHARD;

/** Of one person (of this shard or, from before there were so many, of another), of two, of a cell, or of everybody. */
function recordOf(seed: number): JournalRecord {
  const profile = createProfileId(((seed * 37) % 4096) as Slot, 1, seed);
  const identifier = { kind: "user", value: `customer-${seed}` } as const;
  switch (seed % 6) {
    case 0:
      return { kind: "plan", digest: `plan-${seed}` as PlanDigest };
    case 1:
      return { kind: "sent", to: SHARD, n: seed, body: { ask: "claim", identifier, profile } };
    case 2: {
      const body = { ask: "rebind", cell: cellKey(identifier), from: [], to: profile } as const;
      return { kind: "received", from: SHARD, fromEpoch: 1, n: seed, body, result: { is: "done" } };
    }
    default:
      return { kind: "transition", profile, segment: `s-${"x".repeat(seed % 90)}`, entered: true, epoch: seed };
  }
}

function bytesOf(record: JournalRecord): Uint8Array {
  const [split] = splitBatch(encodeBatch({ firstPosition: 1, instant: 1, records: [record] }));
  return split?.record as Uint8Array;
}

/** @param sealed what was drained, in writes of so many rows; of rows that are others by now a digest is broken */
function historyOf(rows: readonly HistoryRecord[], sealed: readonly HistoryRecord[] = []) {
  const seals = Array.from({ length: Math.ceil(sealed.length / WRITE) }, (_, n) => {
    const drained = sealed.slice(n * WRITE, (n + 1) * WRITE);
    const seal = new SealWriter();
    for (const { record } of drained) seal.add(record);
    return { from: n * WRITE, to: n * WRITE + drained.length, digest: seal.finish() };
  });
  return {
    records: async (_shard: ShardId, after: number, limit: number) =>
      rows.filter(({ position }) => position > after).slice(0, limit),
    seals: async (_shard: ShardId, after: Position) => seals.filter(({ to }) => to > after),
  };
}

type Told = { readonly position: Position; readonly record: string } | { readonly flaw: string };

/** What is of others is dropped by who folds a part, but by the first. */
function isWanted(record: JournalRecord, isOurs: (slot: Slot) => boolean, part: number): boolean {
  const named = slotsNamed(record);
  return named === "all" || part === 0 || named.some(isOurs);
}

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
        if (record !== undefined && isWanted(record, isOurs, part))
          told.push({ position, record: JSON.stringify(record) });
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
    again: fc.nat(200),
  };
  await fc.assert(
    fc.asyncProperty(fc.record(arbitrary), async ({ seeds, after, spilled, back, parts, lost, spoilt, again }) => {
      const rows = seeds.map((seed, index): HistoryRecord => {
        const record = index === spoilt ? new Uint8Array([255, 1]) : bytesOf(recordOf(seed));
        return { position: index + 1, instant: 1_000 + index, record };
      });
      const end = rows.length;
      // As far as a drain has come: no write lies across it.
      const cut = Math.min(Math.ceil(spilled / WRITE) * WRITE, end);
      // A gap in which a reader ends is told as far as it goes: none is there.
      const isLost = (at: number): boolean => lost.includes(at) && at < end - back - 1 && Math.abs(at + 1 - cut) > 1;
      const kept = rows.filter((_, at) => !isLost(at));
      if (again < kept.length) kept.splice(again, 0, kept[again] as HistoryRecord);
      const history = historyOf(kept, rows);
      const around = { history, shard: SHARD, after, isOurs: isOfShard, upTo: cut, onRecords: () => undefined };
      const counts = { spilled: parts, unspilled: parts };
      const direct = await openShardRows({ ...around, parts: counts, scratch: undefined });
      const put = await openShardRows({ ...around, parts: counts, scratch: folder });
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

const TWO_PARTS = {
  shard: SHARD,
  after: 0,
  parts: { spilled: 2, unspilled: 1 },
  isOurs: isOfShard,
  onRecords: () => undefined,
} as const;

it("holds records that are larger than what is put away at once", async () => {
  const text = "x".repeat(spilledChunkBytes);
  const records = Array.from({ length: 5 }, (_, n) => ({ kind: "plan", digest: `${text}${n}` as PlanDigest }) as const);
  const history = historyOf(records.map((record, at) => ({ position: at + 1, instant: at, record: bytesOf(record) })));
  const rows = await openShardRows({ ...TWO_PARTS, history, upTo: 5, scratch: folder });
  const { told } = await readPart(rows, { part: 1, parts: 2, upTo: 5 });
  expect(told.map((each) => "record" in each && each.record)).toEqual(records.map((each) => JSON.stringify(each)));
  rows.close();
});

it("reads all for each part, of which there are fewer, where no file can be written", async () => {
  const blocked = join(folder, "a-file");
  writeFileSync(blocked, "");
  const history = historyOf([{ position: 1, instant: 1, record: bytesOf(recordOf(6)) }]);
  const rows = await openShardRows({ ...TWO_PARTS, history, upTo: 1, scratch: blocked });
  expect(rows.parts).toBe(1);
  expect((await readPart(rows, { part: 0, parts: 1, upTo: 1 })).told).toHaveLength(1);
  rows.close();
});

/** Such a disk is memory. */
const diskMissing =
  mountMissing ?? (freemem() < 3 * spillLeavesBytes ? "a disk of a gigabyte wants 3 GB of free memory" : undefined);

describe.skipIf(diskMissing !== undefined)(`on a disk that others fill meanwhile ${diskMissing ?? ""}`, () => {
  it.each([
    // Before it is looked again what is left, and after.
    { how: "to the last byte", left: 0, bytes: spillLookBytes / 2 },
    { how: "but for what is left to them", left: spillLeavesBytes, bytes: spillLookBytes * 3 },
  ])("$how, what was put away is given up, and all is read for each part", async ({ left, bytes }) => {
    const disk = createSmallDisk(Math.ceil((spillLeavesBytes + spillLookBytes + bytes) / 2 ** 20));
    let rows: Awaited<ReturnType<typeof openShardRows>> | undefined;
    try {
      const upTo = historyRecordsFirst + 1_000;
      // Both parts have everybody's records.
      const digest = "x".repeat(bytes / upTo / 2) as PlanDigest;
      const large = bytesOf({ kind: "plan", digest });
      const { records, seals } = historyOf(
        Array.from({ length: upTo }, (_, at) => ({ position: at + 1, instant: at, record: large })),
      );
      let pages = 0;
      const history = {
        seals,
        records: (...[shard, after, limit]: Parameters<typeof records>) => {
          // The first one has been put away, as a page is asked for while the one before it is.
          if (++pages === 3) disk.fill(left);
          return records(shard, after, limit);
        },
      };
      rows = await openShardRows({ ...TWO_PARTS, history, upTo, scratch: disk.folder });
      expect([rows.parts, readdirSync(disk.folder)]).toEqual([1, ["ballast"]]);
      let read = 0;
      for await (const page of rows.read(0, upTo)) read += page.length;
      expect(read).toBe(upTo);
    } finally {
      rows?.close();
      disk.close();
    }
  });
});
