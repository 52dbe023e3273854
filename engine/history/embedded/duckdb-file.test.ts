/**
 * A file that is read at length while something goes wrong: it is never opened twice at once, whoever reads is told that
 * they have not read all, and nobody waits for a reader that never comes back.
 */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { duckdbMemoryMbMax } from "../../limits.ts";
import { historyRecordsMax } from "../../limits-of-history.ts";
import type { ShardId } from "../../model/ids.ts";
import { until } from "../../../tests/support/waiting.ts";
import { historyOf, journalRows } from "../history-fixtures.ts";
import type { DuckDbFile } from "./duckdb-file.ts";
import { createDuckDbFile } from "./duckdb-file.ts";
import { createEmbeddedHistory } from "./duckdb-history.ts";

const shard = 0 as ShardId;
const UNAVAILABLE = { code: "history_unavailable" };
/** Far more than DuckDB reads ahead. */
const MANY = 4_000_000;
const MANY_ROWS = `select n, hash(n) from range(${MANY}) as numbers (n)`;

async function inFolder(task: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "vif-duckdb-"));
  try {
    await task(join(folder, "history.duckdb"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As if this process had been killed now. */
async function asFound<T>(file: string, look: (copy: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "vif-duckdb-"));
  const copy = join(folder, "history.duckdb");
  copyFileSync(file, copy);
  if (existsSync(`${file}.wal`)) copyFileSync(`${file}.wal`, `${copy}.wal`);
  try {
    return await look(copy);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What passes: the file is closed, to be opened afresh. */
async function failOnce(file: DuckDbFile): Promise<void> {
  const failing = file.use(async () => {
    throw new Error("Out of Memory Error: as if");
  });
  await expect(failing).rejects.toMatchObject(UNAVAILABLE);
}

async function isOpen(file: DuckDbFile): Promise<boolean> {
  return file.use(async () => true).catch(() => false);
}

async function rowsOf(chunks: AsyncIterable<DuckDBDataChunk>): Promise<number> {
  let rows = 0;
  for await (const { rowCount } of chunks) rows += rowCount;
  return rows;
}

test("a drain waits until a read of before an error has let go, and loses no row", { timeout: 60_000 }, () =>
  inFolder(async (file) => {
    const history = await createEmbeddedHistory({ file });
    const [half, all] = [60_000, 80_000];
    const rows = journalRows(0, 1, all);
    const drain = (from: number, to: number) => {
      const of = (position: number) => ({ epoch: Math.min(position, 1), position });
      return history.drain([{ shard, from: of(from), to: of(to), rows: rows.slice(from, to) }]);
    };
    await drain(0, half);
    const read = history.events({})[Symbol.asyncIterator]();
    expect((await read.next()).done).toBe(false);

    const tooMuch = Buffer.alloc(duckdbMemoryMbMax * 1_010_000);
    const failing = history.putDocument({ kind: "night", key: "one" }, tooMuch);
    const refused = drain(half, half + 100);
    await expect(failing).rejects.toThrow("Out of Memory Error");
    await expect(refused).rejects.toMatchObject({ ...UNAVAILABLE, message: expect.stringContaining("long read") });

    const end = (async () => {
      while ((await read.next()).done !== true);
    })();
    await expect(end).rejects.toMatchObject(UNAVAILABLE);
    expect(await drain(half, half + 100)).toEqual(["ok"]);
    const asKilled = await asFound(file, async (copy) => {
      const again = await createEmbeddedHistory({ file: copy });
      const kept = await historyOf(again, 0, historyRecordsMax);
      await again.close();
      return kept.map(({ position }) => position);
    });
    expect(asKilled).toEqual(rows.slice(0, half + 100).map(({ position }) => position));
    expect(await drain(half + 100, all)).toEqual(["ok"]);
    expect(await historyOf(history, 0, historyRecordsMax)).toHaveLength(all);
    await history.close();
  }),
);

test("a read that fails half-way is told from one that was done", () =>
  inFolder(async (path) => {
    const file = createDuckDbFile(path);
    expect(await rowsOf(file.stream(MANY_ROWS, {}))).toBe(MANY);
    const failing = file.stream(
      `select case when n = ${MANY / 2} then error('as if') else n::varchar end from range(${MANY}) as numbers (n)`,
      {},
    );
    await expect(rowsOf(failing)).rejects.toMatchObject(UNAVAILABLE);
    await expect(rowsOf(file.stream("select nothing", {}))).rejects.toThrow("Binder Error");
    await file.close();
  }));

test("a reader who never comes back keeps nobody waiting, and is told if they do", () =>
  inFolder(async (path) => {
    const file = createDuckDbFile(path);
    const left = file.stream(MANY_ROWS, {});
    expect((await left.next()).value?.rowCount).toBeGreaterThan(0);
    await failOnce(file);
    expect(await isOpen(file)).toBe(false);
    await until("the file is opened afresh", () => isOpen(file));
    await expect(left.next()).rejects.toMatchObject(UNAVAILABLE);
    expect(await rowsOf(file.stream(MANY_ROWS, {}))).toBe(MANY);
    await file.close();
  }));

test("a read that was broken off holds nothing: the file is opened afresh at once, and is compacted", () =>
  inFolder(async (path) => {
    const file = createDuckDbFile(path);
    for await (const { rowCount } of file.stream(MANY_ROWS, {})) {
      expect(rowCount).toBeGreaterThan(0);
      break;
    }
    await failOnce(file);
    expect(await isOpen(file)).toBe(true);
    expect(await file.compact()).toMatchObject({ before: expect.any(Number) });
    await file.close();
  }));

test("what runs beside is interrupted when the file is closed for an error", () =>
  inFolder(async (path) => {
    const file = createDuckDbFile(path);
    let begun: () => void = () => undefined;
    const running = new Promise<void>((resolve) => (begun = resolve));
    const long = file.beside(async (connection) => {
      const answer = connection.run("select sum(hash(a.n + b.n)) from range(1000000) a (n), range(1000000) b (n)");
      begun();
      return answer;
    });
    const ended = expect(long).rejects.toMatchObject(UNAVAILABLE);
    await running;
    await failOnce(file);
    // An interruption that comes before the statement has begun is not heard: whoever wants the file says it again.
    await until("the file is opened afresh", () => isOpen(file));
    await ended;
    await file.close();
  }));

test("a file that was closed while it is read is opened by another when the read has let go", () =>
  inFolder(async (path) => {
    const file = createDuckDbFile(path);
    const left = file.stream(MANY_ROWS, {});
    await left.next();
    await file.close();
    const other = createDuckDbFile(path);
    expect(await isOpen(other)).toBe(false);
    await until("the other opens it", () => isOpen(other));
    await expect(left.next()).rejects.toMatchObject(UNAVAILABLE);
    expect(await isOpen(other)).toBe(true);
    // Nor has the reader's end taken the mark of who has it open now.
    await expect(createDuckDbFile(path).use(async () => undefined)).rejects.toThrow("open in this process already");
    await other.close();
  }));

test("DuckDB itself refuses the file while anything of a former instance holds it", () =>
  inFolder(async (path) => {
    const file = createDuckDbFile(path);
    const stray = await file.use((connection: DuckDBConnection) => connection.stream(MANY_ROWS));
    await stray.fetchChunk();
    await failOnce(file);
    await expect(file.use(async () => undefined)).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringContaining("already attached"),
    });
    while (((await stray.fetchChunk())?.rowCount ?? 0) > 0);
    expect(await isOpen(file)).toBe(true);
    await file.close();
  }));
