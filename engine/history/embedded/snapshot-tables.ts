/** The embedded history's snapshots: one finished head a shard, and pages. DuckDB uses the room of dropped pages again. */
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { blobValue } from "@duckdb/node-api";
import type { ShardId } from "../../model/ids.ts";
import type { SnapshotHead, SnapshotName } from "../port.ts";
import {
  COUNT_SNAPSHOT_PAGES,
  DELETE_OTHER_PAGES,
  DELETE_SNAPSHOT,
  DELETE_SNAPSHOT_PAGE,
  INSERT_SNAPSHOT,
  INSERT_SNAPSHOT_PAGE,
  SELECT_SNAPSHOT,
  SELECT_SNAPSHOT_PAGE,
} from "./statements.ts";

export async function readSnapshot(connection: DuckDBConnection, shard: ShardId): Promise<SnapshotHead | undefined> {
  const [row] = await select(connection, SELECT_SNAPSHOT, { shard });
  if (row === undefined) return undefined;
  const { take, pages, content } = row;
  return { shard, take: String(take), pages: Number(pages), content: Uint8Array.from(content as Uint8Array) };
}

export async function readSnapshotPage(
  connection: DuckDBConnection,
  { shard, take }: SnapshotName,
  page: number,
): Promise<Uint8Array | undefined> {
  const [row] = await select(connection, SELECT_SNAPSHOT_PAGE, { shard, take, page });
  return row && Uint8Array.from(row["content"] as Uint8Array);
}

/** Within a transaction. */
export async function putSnapshotPage(
  connection: DuckDBConnection,
  { shard, take }: SnapshotName,
  { page, content }: { readonly page: number; readonly content: Uint8Array },
): Promise<void> {
  await connection.run(DELETE_SNAPSHOT_PAGE, { shard, take, page });
  await connection.run(INSERT_SNAPSHOT_PAGE, { shard, take, page, content: blobValue(content) });
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
  await connection.run(DELETE_OTHER_PAGES, { shard, take, kept });
  await connection.run(INSERT_SNAPSHOT, { shard, take, pages, content: blobValue(content) });
  return true;
}

async function select(connection: DuckDBConnection, statement: string, values: Record<string, DuckDBValue>) {
  return (await connection.runAndReadAll(statement, values)).getRowObjectsJS();
}
