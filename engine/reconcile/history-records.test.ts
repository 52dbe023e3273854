/** How a shard's records are asked for: by bytes, whatever they are like, each once and in order. */
import { expect, it } from "vitest";
import { type HistoryRecord, type HistorySeal, SealWriter } from "../history/port.ts";
import {
  historyPageBytes,
  historyRecordsFirst,
  historyRecordsMax,
  historyRecordsMin,
  sealsAtOnce,
} from "../limits-of-history.ts";
import { HistoryUnavailable } from "../model/errors.ts";
import type { ShardId } from "../model/ids.ts";
import { readRows } from "./history-records.ts";

/** Records of these sizes, from position 1 on; and how many rows were asked for each time. */
async function read(sizes: readonly number[], isTooLarge: (limit: number) => boolean = () => false) {
  const bytesOf = new Map([...new Set(sizes)].map((size) => [size, new Uint8Array(size)]));
  const rows = sizes.map((size, index): HistoryRecord => {
    return { position: index + 1, instant: 0, record: bytesOf.get(size) as Uint8Array };
  });
  const limits: number[] = [];
  const history = {
    records: async (_: ShardId, after: number, limit: number) => {
      limits.push(limit);
      if (isTooLarge(limit)) throw new HistoryUnavailable("out of memory");
      return rows.slice(after, after + limit);
    },
    seals: async () => [],
  };
  const positions: number[] = [];
  for await (const page of readRows(history, 0 as ShardId, { after: 0, upTo: rows.length }))
    for (const row of page) {
      if ("flaw" in row) throw new Error(`a flaw in sound rows: ${JSON.stringify(row.flaw)}`);
      positions.push(row.position);
    }
  return { positions, limits };
}

const upTo = (length: number) => Array.from({ length }, (_, index) => index + 1);

it("asks for twice as many small ones each time, up to the most, and reads each once", async () => {
  const { positions, limits } = await read(upTo(60_000).map(() => 100));
  expect(positions).toEqual(upTo(60_000));
  expect(limits.slice(0, 5)).toEqual([
    historyRecordsFirst,
    historyRecordsFirst * 2,
    historyRecordsFirst * 4,
    historyRecordsFirst * 8,
    historyRecordsMax,
  ]);
});

it("asks for no more large ones than its bytes hold, and for some however large they are", async () => {
  const large = 16 * 1024;
  const huge = upTo(200).map(() => 2 * historyPageBytes);
  const sizes = [...upTo(historyRecordsFirst).map(() => large), ...huge, ...upTo(1_000).map(() => 10)];
  const { positions, limits } = await read(sizes);
  expect(positions).toEqual(upTo(sizes.length));
  expect(limits[1]).toBe(historyPageBytes / large);
  expect(Math.min(...limits)).toBe(historyRecordsMin);
});

it("asks anew for a page that is too large for history's memory, as for the first, and once only", async () => {
  const small = upTo(20_000).map(() => 10);
  const { positions, limits } = await read([...small, ...small], (limit) => limit > historyRecordsFirst * 4);
  expect(positions).toEqual(upTo(40_000));
  expect(limits.slice(3, 5)).toEqual([historyRecordsFirst * 8, historyRecordsFirst]);
  await expect(read(small, () => true)).rejects.toThrow(HistoryUnavailable);
});

it("sees which of very many seals is broken, and asks for all of them, some at a time", async () => {
  const rows = upTo(2 * sealsAtOnce + 50).map((position) => ({
    position,
    instant: 0,
    record: Buffer.from(`${position}`),
  }));
  const broken = [3, sealsAtOnce + 7, 2 * sealsAtOnce + 20];
  const seals = rows.map(({ position, record }): HistorySeal => {
    const seal = new SealWriter();
    seal.add(broken.includes(position) ? Buffer.from("other") : record);
    return { from: position - 1, to: position, digest: seal.finish() };
  });
  let asked = 0;
  const history = {
    records: async (_: ShardId, after: number, limit: number) => rows.slice(after, after + limit),
    seals: async (_: ShardId, after: number, limit: number) => {
      asked += 1;
      return seals.filter(({ to }) => to > after).slice(0, limit);
    },
  };
  const found: unknown[] = [];
  for await (const page of readRows(history, 0 as ShardId, { after: 0, upTo: rows.length }))
    for (const row of page) if ("flaw" in row) found.push(row.flaw);
  expect(found).toEqual(broken.map((at) => ({ cause: "edited_history", from: at, to: at })));
  expect(asked).toBe(3);
});
