/** The embedded history's seals, and what is kept beside the records by name. */
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { blobValue, listValue } from "@duckdb/node-api";
import type { Position, ShardId } from "../../model/ids.ts";
import type { DrainWrite, HistorySeal, KeptDocument, KeptName } from "../port.ts";
import { sealOf } from "../seal.ts";
import {
  DELETE_DOCUMENT,
  INSERT_DOCUMENT,
  INSERT_SEALS,
  SELECT_DOCUMENT,
  SELECT_DOCUMENTS,
  SELECT_SEALS,
} from "./statements.ts";

/** Within the transaction of the rows. */
export async function writeSeals(connection: DuckDBConnection, writes: readonly DrainWrite[]): Promise<void> {
  const sealed = writes.filter(({ rows }) => rows.length > 0);
  if (sealed.length === 0) return;
  const values = {
    shards: listValue(sealed.map(({ shard }) => shard)),
    froms: listValue(sealed.map(({ from }) => BigInt(from.position))),
    tos: listValue(sealed.map(({ to }) => BigInt(to.position))),
    digests: listValue(sealed.map(({ rows }) => sealOf(rows))),
  };
  await connection.run(INSERT_SEALS, values);
}

export async function readSeals(
  connection: DuckDBConnection,
  shard: ShardId,
  { after, limit }: { readonly after: Position; readonly limit: number },
): Promise<readonly HistorySeal[]> {
  return (await select(connection, SELECT_SEALS, { shard, after, limit })).map((row) => ({
    from: Number(row["from_position"]),
    to: Number(row["to_position"]),
    digest: String(row["digest"]),
  }));
}

export async function readDocument(
  connection: DuckDBConnection,
  { kind, key }: KeptName,
): Promise<KeptDocument | undefined> {
  const [row] = await select(connection, SELECT_DOCUMENT, { kind, key });
  return row && documentOf(kind, row);
}

export async function readDocuments(
  connection: DuckDBConnection,
  kind: string,
  limit: number,
): Promise<readonly KeptDocument[]> {
  return (await select(connection, SELECT_DOCUMENTS, { kind, limit })).map((row) => documentOf(kind, row));
}

/** Within a transaction. */
export async function putDocument(
  connection: DuckDBConnection,
  { kind, key }: KeptName,
  { content, from }: { readonly content: Uint8Array | undefined; readonly from: number | undefined },
): Promise<boolean> {
  const standing = (await readDocument(connection, { kind, key }))?.version ?? 0;
  if (from !== undefined && from !== standing) return false;
  if (standing > 0) await connection.run(DELETE_DOCUMENT, { kind, key });
  if (content !== undefined)
    await connection.run(INSERT_DOCUMENT, { kind, key, version: standing + 1, content: blobValue(content) });
  return true;
}

function documentOf(kind: string, row: Readonly<Record<string, unknown>>): KeptDocument {
  return {
    kind,
    key: String(row["key"]),
    version: Number(row["version"]),
    content: Uint8Array.from(row["content"] as Uint8Array),
  };
}

async function select(connection: DuckDBConnection, statement: string, values: Record<string, DuckDBValue>) {
  return (await connection.runAndReadAll(statement, values)).getRowObjectsJS();
}
