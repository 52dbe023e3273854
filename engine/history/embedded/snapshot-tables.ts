/** The embedded history's snapshots: one finished head a shard, and pages. DuckDB uses the room of dropped pages again. */
import type { DuckDBBlobValue, DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { blobValue, LIST, listValue, VARCHAR } from "@duckdb/node-api";
import { snapshotPagesAhead, snapshotsReadMax } from "../../limits-of-history.ts";
import type { ShardId } from "../../model/ids.ts";
import type { SnapshotHead, SnapshotName } from "../port.ts";
import {
  COUNT_SNAPSHOT_PAGES,
  DELETE_OTHER_PAGES,
  DELETE_SNAPSHOT,
  DELETE_SNAPSHOT_SLICES,
  INSERT_SNAPSHOT,
  SELECT_SNAPSHOT,
  SELECT_SNAPSHOT_PAGE,
  SELECT_SNAPSHOT_SLICES,
  SLICES_TABLE,
} from "./statements.ts";

export async function readSnapshot(connection: DuckDBConnection, shard: ShardId): Promise<SnapshotHead | undefined> {
  const [row] = await select(connection, SELECT_SNAPSHOT, { shard });
  if (row === undefined) return undefined;
  const { take, pages, content } = row;
  return { shard, take: String(take), pages: Number(pages), content: new Uint8Array(content as Uint8Array) };
}

/** Longer values have blocks of their own, and cost DuckDB several times as much. */
const SLICE_BYTES = 4_000;

/** Who asks for a page asks for those behind it next: they are read together, as finding them costs as much as reading one. */
export class PageReader {
  /** By snapshot, the one asked last at the end. */
  readonly #ahead = new Map<string, Map<number, Uint8Array>>();

  async read(connection: DuckDBConnection, name: SnapshotName, page: number): Promise<Uint8Array | undefined> {
    const key = `${name.shard} ${name.take}`;
    let pages = this.#ahead.get(key);
    if (pages?.has(page) !== true) pages = await readSlices(connection, name, page);
    this.#ahead.delete(key);
    this.#ahead.set(key, pages);
    for (const oldest of [...this.#ahead.keys()].slice(0, -snapshotsReadMax)) this.#ahead.delete(oldest);
    const content = pages.get(page);
    pages.delete(page);
    return content ?? readWhole(connection, name, page);
  }

  /** Pages of the shard were written, or have gone. */
  forget(shard: ShardId): void {
    for (const key of [...this.#ahead.keys()]) if (key.startsWith(`${shard} `)) this.#ahead.delete(key);
  }
}

async function readSlices(
  connection: DuckDBConnection,
  { shard, take }: SnapshotName,
  page: number,
): Promise<Map<number, Uint8Array>> {
  const values = { shard, take, page, most: snapshotPagesAhead };
  const found = await connection.runAndReadAll(SELECT_SNAPSHOT_SLICES, values);
  const [pages = [], numbers = [], contents = []] = found.getColumns();
  const slices = new Map<number, Uint8Array[]>();
  for (const [row, content] of contents.entries()) {
    const of = slices.get(Number(pages[row])) ?? [];
    of[Number(numbers[row])] = (content as DuckDBBlobValue).bytes;
    slices.set(Number(pages[row]), of);
  }
  return new Map([...slices].map(([number, of]) => [number, joined(of)]));
}

/** In a buffer of its own. A slice that is not there leaves no room: whoever reads the page finds that it is another. */
function joined(slices: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(slices.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  // Places of an array in which nothing was put are passed over by this, and not by `for`.
  slices.forEach((slice) => {
    bytes.set(slice, at);
    at += slice.length;
  });
  return bytes;
}

async function readWhole(
  connection: DuckDBConnection,
  { shard, take }: SnapshotName,
  page: number,
): Promise<Uint8Array | undefined> {
  const [row] = await select(connection, SELECT_SNAPSHOT_PAGE, { shard, take, page });
  return row && new Uint8Array(row["content"] as Uint8Array);
}

/** Within a transaction. */
export async function putSnapshotPage(
  connection: DuckDBConnection,
  { shard, take }: SnapshotName,
  { page, content }: { readonly page: number; readonly content: Uint8Array },
): Promise<void> {
  await connection.run(DELETE_SNAPSHOT_SLICES, { shard, take, page });
  const appender = await connection.createAppender(SLICES_TABLE);
  try {
    // Of an empty page there is a slice, too.
    for (let slice = 0; slice === 0 || slice * SLICE_BYTES < content.length; slice++) {
      appender.appendInteger(shard);
      appender.appendVarchar(take);
      appender.appendInteger(page);
      appender.appendInteger(slice);
      appender.appendBlob(content.subarray(slice * SLICE_BYTES, (slice + 1) * SLICE_BYTES));
      appender.endRow();
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

/** Within a transaction. */
export async function finishSnapshot(
  connection: DuckDBConnection,
  { shard, take, pages, content }: SnapshotHead,
  kept: string,
): Promise<boolean> {
  const [standing] = await select(connection, COUNT_SNAPSHOT_PAGES, { shard, take });
  if (Number(standing?.["pages"]) !== pages) return false;
  await connection.run(DELETE_SNAPSHOT, { shard });
  await forgetPages(connection, shard, [take, kept]);
  await connection.run(INSERT_SNAPSHOT, { shard, take, pages, content: blobValue(content) });
  return true;
}

/** Within a transaction. */
export async function forgetPages(
  connection: DuckDBConnection,
  shard: ShardId,
  kept: readonly string[],
): Promise<void> {
  for (const statement of DELETE_OTHER_PAGES)
    await connection.run(statement, { shard, kept: listValue([...kept]) }, { kept: LIST(VARCHAR) });
}

async function select(connection: DuckDBConnection, statement: string, values: Record<string, DuckDBValue>) {
  return (await connection.runAndReadAll(statement, values)).getRowObjectsJS();
}
