/**
 * The durable history in one DuckDB file: the adapter for an engine that runs alone. Rows go through the appender inside
 * the transaction that moves the watermarks, so a kill at any moment leaves both or neither. All calls wait for each
 * other: a long report delays the next drain, which delays nobody else.
 */
import { statSync } from "node:fs";
import { listValue } from "@duckdb/node-api";
import type { DuckDBBlobValue, DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { digestOfFile } from "../file-digest.ts";
import { historyRecordsMax } from "../../limits-of-history.ts";
import { hex8 } from "../../model/hash.ts";
import type { ProfileId, ShardId } from "../../model/ids.ts";
import { checkDrainWrites, sameWatermark, UNDRAINED } from "../drain-write.ts";
import { EventBlockWriter } from "../event-blocks.ts";
import type {
  DrainWrite,
  EventBlock,
  EventScan,
  History,
  HistoryRecord,
  HistoryRow,
  HistoryTotals,
  HistoryWatermark,
} from "../port.ts";
import { gatherPeople, KnownPeople } from "../people-rows.ts";
import { createDuckDbFile } from "./duckdb-file.ts";
import type { DuckDbFile } from "./duckdb-file.ts";
import { countAged, forgetSeals, removeAged, removePeople, removeRepeated, replaceRecords } from "./aged-rows.ts";
import { copyDatabase } from "./copy-database.ts";
import { knownReceipt, receiptTotals } from "../receipt-rows.ts";
import type { FoundReceipt, FoundReturn } from "../receipt-rows.ts";
import { appendReceipts } from "./receipt-appender.ts";
import { putDocument, readDocument, readDocuments, readSeals, writeSeals } from "./kept-table.ts";
import { NameNumbers } from "./name-numbers.ts";
import { seekPeople, writePeople } from "./people-table.ts";
import { appendRows } from "./row-appender.ts";
import { finishSnapshot, forgetPages, PageReader, putSnapshotPage, readSnapshot } from "./snapshot-tables.ts";
import {
  COUNT_EVENTS,
  COUNT_PEOPLE,
  DELETE_ALL_PEOPLE,
  INSERT_MERGES,
  PUT_WATERMARKS,
  SELECT_EVENT_TOTALS,
  SELECT_KINDS,
  SELECT_LATEST,
  SELECT_RECEIPT,
  SELECT_RECEIPT_TOTALS,
  SELECT_RECORDS,
  SELECT_RETURNS,
  SELECT_TOTALS,
  SELECT_TRANSITION_TOTALS,
  SELECT_WATERMARKS,
  selectEvents,
} from "./statements.ts";

/** After every instant that a record has. */
const MAX_INSTANT = 8.64e15;

export interface EmbeddedHistoryOptions {
  /** Made when absent, with its folders. `file`.wal stands beside it. */
  readonly file: string;
}

/** Opens the file and brings its tables up to date. Rejects with HistoryUnavailable or SetupError. */
export async function createEmbeddedHistory(options: EmbeddedHistoryOptions): Promise<History> {
  const file = createDuckDbFile(options.file);
  const names = new NameNumbers();
  const people = new KnownPeople();
  const pages = new PageReader();
  await file.use(async () => undefined);

  const history: History = {
    watermarks: () => file.use(readWatermarks),

    async drain(writes) {
      checkDrainWrites(writes);
      try {
        return await file.transact((connection) => writeDrain(connection, writes, { names, people }));
      } catch (error) {
        names.forget();
        people.forget();
        throw error;
      }
    },

    records: (shard, after, limit) =>
      file.use(async (connection) => {
        const most = Math.min(limit, historyRecordsMax);
        let rows: readonly HistoryRecord[] = [];
        // Without an upper bound every row behind `after` is unpacked to be put in order. Positions follow one another: what
        // lies further is wanted only where some are missing.
        for (const reach of [most, most * 64, Number.MAX_SAFE_INTEGER - after]) {
          rows = await selectRecords(connection, { shard, after, upTo: after + reach, limit: most });
          if (rows.length === most) break;
        }
        return rows;
      }),

    events: (scan) => readEvents(file, scan),
    seals: (shard, after, limit) => file.use((connection) => readSeals(connection, shard, { after, limit })),
    document: (name) => file.use((connection) => readDocument(connection, name)),
    documents: (kind, limit) => file.use((connection) => readDocuments(connection, kind, limit)),
    putDocument: (name, content, from) =>
      file.transact((connection) => putDocument(connection, name, { content, from })),
    snapshot: (shard) => file.use((connection) => readSnapshot(connection, shard)),
    snapshotPage: (name, page, alone = false) =>
      file.use((connection) => pages.read(connection, name, { page, alone })),
    putSnapshotPage: (name, page, content) =>
      file.transact(async (connection) => {
        await putSnapshotPage(connection, name, { page, content });
        pages.forget(name.shard);
      }),
    finishSnapshot: (head, kept = "") =>
      file.transact(async (connection) => {
        const isFinished = await finishSnapshot(connection, head, kept);
        pages.forget(head.shard);
        return isFinished;
      }),
    forgetPages: (shard, kept) =>
      file.transact(async (connection) => {
        await forgetPages(connection, shard, kept);
        pages.forget(shard);
      }),
    countAged: (scan) => file.use((connection) => countAged(connection, scan)),
    removePeople: (shard, people) => file.transact((connection) => removePeople(connection, shard, people)),
    removeAged: (scan, limit) => file.transact((connection) => removeAged(connection, scan, limit)),
    replaceRecords: (shard, kind, records) =>
      file.transact((connection) => replaceRecords(connection, { shard, kind, records })),
    removeRepeated: (shard, position) => file.transact((connection) => removeRepeated(connection, shard, position)),
    forgetSeals: (shard, upTo) => file.transact((connection) => forgetSeals(connection, shard, upTo)),
    compact: () => file.compact(),
    async copyTo(path) {
      await file.beside((connection) => copyDatabase(connection, path));
      return { size: statSync(path).size, digest: await digestOfFile(path) };
    },
    recordsOf: (kinds) =>
      file.use(async (connection) => {
        const rows = await select(connection, SELECT_KINDS, { kinds: listValue([...kinds]) });
        return rows.map((row) => ({
          shard: Number(row["shard"]) as ShardId,
          position: Number(row["position"]),
          record: row["record"] as Uint8Array,
        }));
      }),
    latestOf: (kinds, most, behind) =>
      file.use(async (connection) => {
        const { instant, shard, position } = behind ?? { instant: MAX_INSTANT, shard: 0, position: 0 };
        const named = { kinds: listValue([...kinds]), most, instant, shard, position };
        const rows = await select(connection, SELECT_LATEST, named);
        return rows.map((row) => ({
          instant: Number(row["instant"]),
          shard: Number(row["shard"]),
          position: Number(row["position"]),
          record: row["record"] as Uint8Array,
        }));
      }),
    countEvents: (names) =>
      file.use(async (connection) => {
        if (names.length === 0) return 0;
        const [row] = await select(connection, COUNT_EVENTS, { names: listValue([...names]) });
        return Number(row?.["events"] ?? 0);
      }),

    receipt: (digest) =>
      file.use(async (connection) => {
        const [found] = await select(connection, SELECT_RECEIPT, { digest });
        if (found === undefined) return undefined;
        const returns = await select(connection, SELECT_RETURNS, { digest });
        return knownReceipt(found as unknown as FoundReceipt, returns as unknown as readonly FoundReturn[]);
      }),

    totals: () => file.transact(readTotals),
    transitions: () => file.use(readTransitions),
    people: (words, limit) => file.use((connection) => seekPeople(connection, words, limit)),
    async rebuildPeople() {
      await file.use((connection) => connection.run(DELETE_ALL_PEOPLE));
      people.forget();
      await gatherPeople(history, (said) => file.transact((connection) => writePeople(connection, said)));
      const [row] = await file.use((connection) => select(connection, COUNT_PEOPLE));
      return Number(row?.["people"]);
    },
    close: () => file.close(),
  };
  return history;
}

async function writeDrain(
  connection: DuckDBConnection,
  writes: readonly DrainWrite[],
  { names, people }: { readonly names: NameNumbers; readonly people: KnownPeople },
): Promise<readonly ("ok" | "moved")[]> {
  const standing = await readWatermarks(connection);
  const outcomes = writes.map(({ shard, from }) =>
    sameWatermark(standing.get(shard) ?? UNDRAINED, from) ? ("ok" as const) : ("moved" as const),
  );
  const winning = writes.filter((_, index) => outcomes[index] === "ok");
  const rows = winning.map((write) => write.rows).filter((group) => group.length > 0);
  if (rows.length > 0) {
    await appendRows(connection, rows, names);
    await appendReceipts(connection, rows);
    await insertMerges(connection, rows);
    await writeSeals(connection, winning);
    await writePeople(connection, people.of(rows));
  }
  if (winning.length > 0) {
    const values = {
      shards: listValue(winning.map(({ shard }) => shard)),
      epochs: listValue(winning.map(({ to }) => BigInt(to.epoch))),
      positions: listValue(winning.map(({ to }) => BigInt(to.position))),
    };
    await connection.run(PUT_WATERMARKS, values);
  }
  return outcomes;
}

async function insertMerges(connection: DuckDBConnection, groups: readonly (readonly HistoryRow[])[]): Promise<void> {
  const merges = groups.flatMap((rows) => rows.flatMap(({ merge }) => merge ?? []));
  if (merges.length === 0) return;
  const losers = listValue(merges.map(({ loser }) => loser));
  await connection.run(INSERT_MERGES, { losers, winners: listValue(merges.map(({ winner }) => winner)) });
}

async function* readEvents(
  file: DuckDbFile,
  { names, profiles, upTo, exposures }: EventScan,
): AsyncGenerator<EventBlock> {
  if ((names?.length === 0 && exposures !== true) || upTo?.size === 0 || profiles?.length === 0) return;
  const bounds = upTo && {
    shards: listValue([...upTo.keys()]),
    positions: listValue([...upTo.values()].map(BigInt)),
  };
  // A list of nothing has no type of its own that DuckDB would know.
  const named = names && { names: listValue(names.length === 0 ? [""] : [...names]) };
  const some = profiles && { profiles: listValue([...profiles]) };
  const statement = selectEvents({
    named: named !== undefined,
    some: some !== undefined,
    bounded: bounds !== undefined,
    exposed: exposures === true,
  });
  const block = new EventBlockWriter();
  for await (const chunk of file.stream(statement, { ...named, ...some, ...bounds })) {
    const [first = [], second = [], third = [], records = []] = chunk.getColumns();
    for (const [row, record] of records.entries()) {
      block.add(idOf(first[row], second[row], third[row]), (record as DuckDBBlobValue).bytes);
      if (!block.isFull) continue;
      const full = block.take();
      if (full !== undefined) yield full;
    }
  }
  const last = block.take();
  if (last !== undefined) yield last;
}

/** An id of the three numbers that it stands in. */
function idOf(...parts: readonly (DuckDBValue | undefined)[]): ProfileId {
  return parts.map((part) => hex8(Number(part))).join("") as ProfileId;
}

async function readWatermarks(connection: DuckDBConnection): Promise<ReadonlyMap<ShardId, HistoryWatermark>> {
  const rows = await select(connection, SELECT_WATERMARKS);
  return new Map(
    rows.map((row) => [
      Number(row["shard"]) as ShardId,
      { epoch: Number(row["epoch"]), position: Number(row["position"]) },
    ]),
  );
}

async function readTotals(connection: DuckDBConnection): Promise<HistoryTotals> {
  const [whole] = await select(connection, SELECT_TOTALS);
  const byEvent = await select(connection, SELECT_EVENT_TOTALS);
  const transitions = await readTransitions(connection);
  const receipts = await select(connection, SELECT_RECEIPT_TOTALS);
  const watermarks = await readWatermarks(connection);
  return {
    events: Number(whole?.["events"] ?? 0),
    profiles: Number(whole?.["profiles"] ?? 0),
    firstTimestamp: optionalNumber(whole?.["first_at"]),
    lastTimestamp: optionalNumber(whole?.["last_at"]),
    byEvent: byEvent.map((row) => ({
      name: String(row["name"]),
      events: Number(row["events"]),
      profiles: Number(row["profiles"]),
    })),
    transitions,
    receipts: receiptTotals(receipts),
    watermarks: [...watermarks].map(([shard, { epoch, position }]) => ({ shard, epoch, position })),
  };
}

async function readTransitions(connection: DuckDBConnection): Promise<HistoryTotals["transitions"]> {
  const rows = await select(connection, SELECT_TRANSITION_TOTALS);
  return rows.map((row) => ({
    segment: String(row["segment"]),
    entered: Number(row["entered"]),
    left: Number(row["left_count"]),
  }));
}

/** By columns, as there are many. */
async function selectRecords(
  connection: DuckDBConnection,
  values: Record<string, DuckDBValue>,
): Promise<readonly HistoryRecord[]> {
  const found = await connection.runAndReadAll(SELECT_RECORDS, values);
  const [positions = [], instants = [], records = []] = found.getColumns();
  return positions.map((position, row) => ({
    position: Number(position),
    instant: Number(instants[row]),
    record: (records[row] as DuckDBBlobValue).bytes,
  }));
}

async function select(connection: DuckDBConnection, statement: string, values: Record<string, DuckDBValue> = {}) {
  return (await connection.runAndReadAll(statement, values)).getRowObjectsJS();
}

function optionalNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
