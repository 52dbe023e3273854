/** The embedded history's snapshots: one finished head a shard, and pages. DuckDB uses the room of dropped pages again. */
import type { DuckDBBlobValue, DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { blobValue, LIST, listValue, VARCHAR } from "@duckdb/node-api";
import { snapshotAheadBytesMax, snapshotPagesAhead } from "../../limits-of-history.ts";
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

/**
 * Who asks for a page asks for those behind it next, as long as nothing else is said: they are read together, as finding them
 * costs as much as reading one. Many shards may be gone through side by side.
 */
export class PageReader {
  /** By snapshot, the one asked last at the end. */
  readonly #ahead = new Map<string, Map<number, Uint8Array>>();
  #bytes = 0;

  async read(
    connection: DuckDBConnection,
    name: SnapshotName,
    { page, alone }: { readonly page: number; readonly alone: boolean },
  ): Promise<Uint8Array | undefined> {
    const key = `${name.shard} ${name.take}`;
    if (this.#ahead.get(key)?.has(page) !== true) {
      const found = await readSlices(connection, name, { page, most: alone ? 1 : snapshotPagesAhead });
      for (const [number, bytes] of found) this.#keep(key, number, bytes);
    }
    const content = this.#take(key, page);
    for (const oldest of this.#ahead.keys()) {
      if (this.#bytes <= snapshotAheadBytesMax) break;
      this.#drop(oldest);
    }
    return content ?? readWhole(connection, name, page);
  }

  /** Pages of the shard were written, or have gone. */
  forget(shard: ShardId): void {
    for (const key of [...this.#ahead.keys()]) if (key.startsWith(`${shard} `)) this.#drop(key);
  }

  #keep(key: string, page: number, bytes: Uint8Array): void {
    this.#take(key, page);
    const pages = this.#ahead.get(key) ?? new Map<number, Uint8Array>();
    this.#ahead.delete(key);
    this.#ahead.set(key, pages.set(page, bytes));
    this.#bytes += bytes.length;
  }

  #take(key: string, page: number): Uint8Array | undefined {
    const pages = this.#ahead.get(key);
    const bytes = pages?.get(page);
    pages?.delete(page);
    this.#bytes -= bytes?.length ?? 0;
    return bytes;
  }

  #drop(key: string): void {
    for (const page of [...(this.#ahead.get(key)?.keys() ?? [])]) this.#take(key, page);
    this.#ahead.delete(key);
  }
}

async function readSlices(
  connection: DuckDBConnection,
  { shard, take }: SnapshotName,
  { page, most }: { readonly page: number; readonly most: number },
): Promise<Map<number, Uint8Array>> {
  const values = { shard, take, page, most };
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
