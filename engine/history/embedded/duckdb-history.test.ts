import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { duckdbMemoryMbMax } from "../../limits.ts";
import { duckdbRowGroupRows, historyRecordsMax } from "../../limits-of-history.ts";
import { snapshotPageBytesMax } from "../../limits-of-reconcile.ts";
import type { ShardId } from "../../model/ids.ts";
import { createSmallDisk, mountMissing } from "../../../tests/support/small-disk.ts";
import { describeHistory } from "../contract.ts";
import { digestMigration } from "../migration.ts";
import { historyOf, journalRows, PAST_MERGES, peopleMerged, row } from "../history-fixtures.ts";
import { createEmbeddedHistory } from "./duckdb-history.ts";
import { MIGRATIONS } from "./migrations.ts";
import { NameNumbers } from "./name-numbers.ts";
import { appendRows } from "./row-appender.ts";
import { CREATE_MIGRATIONS, INSERT_MIGRATION } from "./statements.ts";

describeHistory("DuckDB", async () => {
  const folder = await mkdtemp(join(tmpdir(), "vif-history-"));
  const file = join(folder, "history.duckdb");
  let history = await createEmbeddedHistory({ file });
  return {
    history,
    again: async () => history,
    reopen: async () => {
      await history.close();
      history = await createEmbeddedHistory({ file });
      return history;
    },
    drop: async () => {
      await history.close();
      rmSync(folder, { recursive: true });
    },
  };
});

const shard = 0 as ShardId;

async function inFolder(task: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "vif-history-"));
  try {
    await task(join(folder, "history.duckdb"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a file that cannot be opened is a typed, repeatable error", () =>
  inFolder(async (file) => {
    writeFileSync(file, "not a database ".repeat(1000));
    const problem = { code: "history_unavailable" };
    await expect(createEmbeddedHistory({ file })).rejects.toMatchObject(problem);
    await expect(createEmbeddedHistory({ file: join(file, "below", "h.duckdb") })).rejects.toMatchObject(problem);
    rmSync(file);
    const history = await createEmbeddedHistory({ file });
    expect((await history.totals()).events).toBe(0);
    await history.close();
  }));

test.skipIf(mountMissing !== undefined)(
  `what is told to be stored is, and nothing else, when the checkpoint that it set off lacks room ${mountMissing ?? ""}`,
  { timeout: 60_000 },
  async () => {
    // Room for the log up to its checkpoint, not for the checkpoint beside it.
    const disk = createSmallDisk(90);
    const file = join(disk.folder, "history.duckdb");
    const content = randomBytes(256 * 1024);
    const name = { shard, take: "t1" };
    let history = await createEmbeddedHistory({ file });
    let stored = 0;
    try {
      // Until the log alone finds no room.
      for (;;) {
        await history.putSnapshotPage(name, stored, content);
        stored += 1;
      }
    } catch (error) {
      expect(error).toMatchObject({ code: "history_unavailable" });
    }
    await history.close();
    expect(stored).toBeGreaterThan(240);
    const elsewhere = await mkdtemp(join(tmpdir(), "vif-history-"));
    for (const each of readdirSync(disk.folder)) copyFileSync(join(disk.folder, each), join(elsewhere, each));
    disk.close();
    history = await createEmbeddedHistory({ file: join(elsewhere, "history.duckdb") });
    for (let page = 0; page < stored; page++)
      expect(Buffer.compare((await history.snapshotPage(name, page)) ?? Buffer.alloc(0), content), `${page}`).toBe(0);
    expect(await history.snapshotPage(name, stored)).toBeUndefined();
    await history.close();
    rmSync(elsewhere, { recursive: true });
  },
);

test("one file is not opened twice at once", () =>
  inFolder(async (file) => {
    const history = await createEmbeddedHistory({ file });
    await expect(createEmbeddedHistory({ file })).rejects.toMatchObject({ code: "history_unavailable" });
    await history.close();
    await (await createEmbeddedHistory({ file })).close();
  }));

test("a file that another process holds is named with its holder", () =>
  inFolder(async (file) => {
    const code = `import { DuckDBInstance } from "@duckdb/node-api";
      await DuckDBInstance.create(process.argv[1]);
      process.stdout.write("open");
      setInterval(() => undefined, 1000);`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", code, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    await expect(createEmbeddedHistory({ file })).rejects.toThrow(`is open in another process (${holder.pid})`);
    holder.kill();
    await once(holder, "exit");
    await (await createEmbeddedHistory({ file })).close();
  }));

test("a history that was closed says so", () =>
  inFolder(async (file) => {
    const history = await createEmbeddedHistory({ file });
    await history.close();
    await expect(history.watermarks()).rejects.toMatchObject({ code: "history_unavailable" });
  }));

test.each([
  ["of a later version", "insert into migrations (number, name, digest) values (99, 'to come', 'x')", /version 99/],
  [
    "made by other steps",
    "update migrations set digest = 'x' where number = 2",
    /Step 2 .* was made by another program/,
  ],
])("a history %s is refused with the remedy", (_how, statement, told) =>
  inFolder(async (file) => {
    await (await createEmbeddedHistory({ file })).close();
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    await connection.run(statement);
    connection.closeSync();
    instance.closeSync();
    const refused = createEmbeddedHistory({ file });
    await expect(refused).rejects.toMatchObject({ code: "setup", message: expect.stringMatching(told) as string });
  }),
);

test("event bodies can be queried as JSON, odd characters among them", () =>
  inFolder(async (file) => {
    const history = await createEmbeddedHistory({ file });
    const odd = row(0, 2, { event: { body: JSON.stringify({ fields: { total: 5, title: "\0 \ud800 \\u0000" } }) } });
    const first = journalRows(0, 1, 1);
    await history.drain([
      { shard, from: { epoch: 0, position: 0 }, to: { epoch: 1, position: 2 }, rows: [...first, odd] },
    ]);
    await history.close();
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    const query =
      "select body->>'$.fields.total' as total, body->>'$.fields.title' as title from records order by position";
    const rows = (await connection.runAndReadAll(query)).getRowsJS();
    expect(rows).toEqual([
      ["10000", 'chose "1" \\ \t é🦆'],
      ["5", "\ufffd \ufffd \\u0000"],
    ]);
    connection.closeSync();
    instance.closeSync();
  }));

test("every column of a record shows what was drained", () =>
  inFolder(async (file) => {
    const history = await createEmbeddedHistory({ file });
    const rows = [
      ...journalRows(0, 1, 30),
      row(0, 31, { profile: "1", transition: { segment: "gone", entered: false } }),
    ];
    const to = { epoch: 1, position: rows.length };
    await history.drain([{ shard, from: { epoch: 0, position: 0 }, to, rows }]);
    await history.close();
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    const query = `select position::double, kind, epoch_ms(accepted_at)::double, epoch::double, profile, event_name,
      epoch_ms(event_at)::double, message_id, source, body, segment, entered, hex(record) from records order by position`;
    expect((await connection.runAndReadAll(query)).getRowsJS()).toEqual(
      rows.map(({ position, kind, instant, epoch, profile, event, transition, record }) => [
        position,
        kind,
        instant,
        epoch,
        profile ?? null,
        event?.name ?? null,
        event?.timestamp ?? null,
        event === undefined ? null : Buffer.from(event.messageId).toString(),
        event?.source ?? null,
        event === undefined ? null : Buffer.from(event.body).toString(),
        transition?.segment ?? null,
        transition?.entered ?? null,
        Buffer.from(record).toString("hex").toUpperCase(),
      ]),
    );
    connection.closeSync();
    instance.closeSync();
  }));

test("names made in a drain that was refused are made again", () =>
  inFolder(async (file) => {
    const history = await createEmbeddedHistory({ file });
    const named = (position: number, name: string) => row(0, position, { profile: "1", event: { name } });
    const bad = { ...named(2, "second"), position: 2, epoch: Number.NaN };
    const write = (rows: readonly ReturnType<typeof row>[]) =>
      history.drain([{ shard, from: { epoch: 0, position: 0 }, to: { epoch: 1, position: rows.length }, rows }]);
    await expect(write([named(1, "first"), bad])).rejects.toThrow();
    await write([named(1, "second"), named(2, "first")]);
    expect((await history.totals()).byEvent.map(({ name }) => name)).toEqual(["first", "second"]);
    await history.close();
  }));

/** A file as it was before a step, opened as it was then. */
async function openBefore(file: string, step: number) {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run(CREATE_MIGRATIONS);
  for (const migration of MIGRATIONS.slice(0, step - 1)) {
    for (const statement of migration.statements) await connection.run(statement);
    const { number, name } = migration;
    await connection.run(INSERT_MIGRATION, { number, name, digest: digestMigration(migration) });
  }
  return { instance, connection };
}

test.each(MIGRATIONS.map(({ number }) => number))(
  "what a history of %i steps has is kept, and drains go on behind it",
  (steps) =>
    inFolder(async (file) => {
      const { instance, connection } = await openBefore(file, steps + 1);
      const had = [1, 2, 3].map((position) => row(0, position, { profile: "1", event: { name: `event ${position}` } }));
      await appendRows(connection, [had], new NameNumbers());
      await connection.run("insert into watermarks values (0, 1, 3)");
      connection.closeSync();
      instance.closeSync();
      const more = journalRows(0, 4, 20);
      const rows = [...had, ...more];
      for (const isFirst of [true, false]) {
        const history = await createEmbeddedHistory({ file });
        const write = { shard, from: { epoch: 1, position: 3 }, to: { epoch: 1, position: rows.length }, rows: more };
        expect(await history.drain([write])).toEqual([isFirst ? "ok" : "moved"]);
        const kept = await historyOf(history, 0, historyRecordsMax);
        expect(kept.map(({ position, record }) => [position, record])).toEqual(
          rows.map(({ position, record }) => [position, Buffer.from(record).toString("hex")]),
        );
        expect((await history.totals()).byEvent.map(({ name }) => name)).toEqual(
          expect.arrayContaining(["event 1", "event 2", "event 3"]),
        );
        await history.close();
      }
    }),
);

test(
  "rows of before they were packed by zstd are kept, and drains of every size go on behind them",
  { timeout: 60_000 },
  () =>
    inFolder(async (file) => {
      const { instance, connection } = await openBefore(file, 9);
      // More names, too, than there are rows in a row group, in a table that has indexes.
      const some = duckdbRowGroupRows + 2_000;
      const named = Array.from({ length: some }, (_, n) =>
        row(0, n + 1, { profile: "1", event: { name: `event ${n}` } }),
      );
      await appendRows(connection, [named], new NameNumbers());
      await connection.run(`insert into watermarks values (0, 1, ${some})`);
      connection.closeSync();
      instance.closeSync();
      let position = some;
      for (const more of [duckdbRowGroupRows * 2, 40, duckdbRowGroupRows + 1]) {
        const history = await createEmbeddedHistory({ file });
        const to = { epoch: 1, position: position + more };
        const rows = journalRows(0, position + 1, more).map((each) => ({ ...each, instant: each.position }));
        expect(await history.drain([{ shard, from: { epoch: 1, position }, to, rows }])).toEqual(["ok"]);
        position = to.position;
        const kept = await historyOf(history, 0, historyRecordsMax);
        expect(kept.map(({ position: at }) => at)).toEqual(Array.from({ length: position }, (_, n) => n + 1));
        expect(kept.slice(0, some).map(({ record }) => record)).toEqual(
          named.map(({ record }) => Buffer.from(record).toString("hex")),
        );
        expect((await history.totals()).byEvent).toHaveLength(some + 1);
        await history.close();
      }
      const again = await DuckDBInstance.create(file);
      const reading = await again.connect();
      const packing = `select distinct compression from pragma_storage_info('record_rows')
      where column_name = 'bytes' and segment_type = 'BLOB'`;
      expect((await reading.runAndReadAll(packing)).getRowsJS()).toEqual([["ZSTD"]]);
      reading.closeSync();
      again.closeSync();
    }),
);

test("merges that a history had before there was a table of them are found", () =>
  inFolder(async (file) => {
    const { instance, connection } = await openBefore(file, 3);
    await connection.run("insert into names (number, text) values (1, 'received')");
    for (const { record, position } of PAST_MERGES)
      await connection.run(
        `insert into record_rows values (0, $position::bigint, 1, make_timestamp_ms(0), 1, 0, 0, 0, 0, make_timestamp_ms(0),
          0, 0, 0, $length::uinteger, 0, 0, 0, 0, from_hex($hex))`,
        { position, length: record.length, hex: Buffer.from(record).toString("hex") },
      );
    connection.closeSync();
    instance.closeSync();
    await (await createEmbeddedHistory({ file })).close();
    const again = await DuckDBInstance.create(file);
    const reading = await again.connect();
    const merges = `select printf('%08x%08x%08x', loser_1, loser_2, loser_3) as loser,
      printf('%08x%08x%08x', winner_1, winner_2, winner_3) as winner from merges order by 1`;
    expect((await reading.runAndReadAll(merges)).getRowObjectsJS()).toEqual(peopleMerged);
    reading.closeSync();
    again.closeSync();
  }));

test(
  "a snapshot may be larger than all that DuckDB may use, and pages of before there were slices are read",
  () =>
    inFolder(async (file) => {
      const history = await createEmbeddedHistory({ file });
      const [before, name] = [
        { shard, take: "before" },
        { shard, take: "large" },
      ];
      const pageOf = (number: number) => Buffer.alloc(snapshotPageBytesMax, `page ${number} `);
      const pages = Math.ceil((duckdbMemoryMbMax * 1.2 * 1024 * 1024) / snapshotPageBytesMax);
      for (let page = 0; page < pages; page++) await history.putSnapshotPage(name, page, pageOf(page));
      expect(await history.finishSnapshot({ ...name, pages, content: Buffer.from("head") }, before.take)).toBe(true);
      for (let page = 0; page < pages; page += 3)
        expect(Buffer.compare((await history.snapshotPage(name, page)) as Uint8Array, pageOf(page)), `${page}`).toBe(0);
      expect(await history.snapshotPage(name, pages)).toBeUndefined();
      await history.close();
      const instance = await DuckDBInstance.create(file);
      const connection = await instance.connect();
      await connection.run("insert into snapshot_pages values (0, 'before', 0, 'abc'::blob)");
      connection.closeSync();
      instance.closeSync();
      const again = await createEmbeddedHistory({ file });
      expect(Buffer.from((await again.snapshotPage(before, 0)) as Uint8Array).toString()).toBe("abc");
      await again.finishSnapshot({ ...name, pages, content: Buffer.from("head") });
      expect(await again.snapshotPage(before, 0)).toBeUndefined();
      await again.close();
    }),
  60_000,
);

test("a page of which a slice is lost is another page, and no error: whoever reads it holds its digest against it", () =>
  inFolder(async (file) => {
    const history = await createEmbeddedHistory({ file });
    const name = { shard, take: "one" };
    const content = randomBytes(20_000);
    await history.putSnapshotPage(name, 0, content);
    await history.close();
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    await connection.run("delete from snapshot_slices where slice = 1");
    connection.closeSync();
    instance.closeSync();
    const again = await createEmbeddedHistory({ file });
    const found = (await again.snapshotPage(name, 0)) as Uint8Array;
    expect(Buffer.compare(found, content.subarray(0, found.length))).not.toBe(0);
    await again.close();
  }));
