/** PostgreSQL's seals, and what is kept beside the records by name. */
import type { Position, ShardId } from "../../model/ids.ts";
import type { DrainWrite, HistorySeal, KeptDocument, KeptName } from "../port.ts";
import { sealOf } from "../seal.ts";
import type { Connection } from "./connection-pool.ts";
import type { Statements } from "./statements.ts";

/** Within the transaction of the rows. */
export async function writeSeals(
  connection: Connection,
  statements: Statements,
  writes: readonly DrainWrite[],
): Promise<void> {
  const sealed = writes.filter(({ rows }) => rows.length > 0);
  if (sealed.length === 0) return;
  await connection.query(statements.insertSeals, [
    sealed.map(({ shard }) => shard),
    sealed.map(({ from }) => from.position),
    sealed.map(({ to }) => to.position),
    sealed.map(({ rows }) => sealOf(rows)),
  ]);
}

export function readSeals(
  connection: Connection,
  statements: Statements,
  { shard, after, limit }: { readonly shard: ShardId; readonly after: Position; readonly limit: number },
): Promise<readonly HistorySeal[]> {
  return connection.query<HistorySeal>(statements.selectSeals, [shard, after, limit]);
}

export async function readDocument(
  connection: Connection,
  statements: Statements,
  { kind, key }: KeptName,
): Promise<KeptDocument | undefined> {
  return (await connection.query<KeptDocument>(statements.selectDocument, [kind, key]))[0];
}

export function readDocuments(
  connection: Connection,
  statements: Statements,
  { kind, limit }: { readonly kind: string; readonly limit: number },
): Promise<readonly KeptDocument[]> {
  return connection.query<KeptDocument>(statements.selectDocuments, [kind, limit]);
}

export async function putDocument(
  connection: Connection,
  statements: Statements,
  {
    kind,
    key,
    content,
    from,
  }: KeptName & { readonly content: Uint8Array | undefined; readonly from: number | undefined },
): Promise<boolean> {
  const bytes = content === undefined ? null : Buffer.from(content);
  const values = [kind, key, bytes, from ?? null];
  // Two that put it at once: one inserts and the other finds the row, or updates what it waited for.
  const rows = await connection.query<object>(
    bytes === null ? statements.deleteDocument : statements.putDocument,
    bytes === null ? [kind, key, from ?? null] : values,
  );
  return rows.length > 0 || (bytes === null && (from ?? 0) === 0);
}
