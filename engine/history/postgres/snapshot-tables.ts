/** PostgreSQL's snapshots: one finished head a shard, and pages. Vacuum has the room of dropped pages used again. */
import type { ShardId } from "../../model/ids.ts";
import type { SnapshotHead, SnapshotName } from "../port.ts";
import type { Connection } from "./connection-pool.ts";
import { LOCK_NAME, type Statements } from "./statements.ts";

export async function readSnapshot(
  connection: Connection,
  statements: Statements,
  shard: ShardId,
): Promise<SnapshotHead | undefined> {
  return (await connection.query<SnapshotHead>(statements.selectSnapshot, [shard]))[0];
}

export async function readSnapshotPage(
  connection: Connection,
  statements: Statements,
  { shard, take, page }: SnapshotName & { readonly page: number },
): Promise<Uint8Array | undefined> {
  const values = [shard, take, page];
  const [row] = await connection.query<{ readonly content: Uint8Array }>(statements.selectSnapshotPage, values);
  // The driver's is a view of all that came with it, which would travel along to another thread.
  return row && new Uint8Array(row.content);
}

export async function putSnapshotPage(
  connection: Connection,
  statements: Statements,
  { shard, take, page, content }: SnapshotName & { readonly page: number; readonly content: Uint8Array },
): Promise<void> {
  await connection.query(statements.putSnapshotPage, [shard, take, page, Buffer.from(content)]);
}

/** Of two that finish at once the second finds its pages gone. */
export async function finishSnapshot(
  connection: Connection,
  statements: Statements,
  { shard, take, pages, content, kept }: SnapshotHead & { readonly kept: string },
): Promise<boolean> {
  await connection.query(LOCK_NAME, [`${statements.lockName} snapshot ${shard}`]);
  const [standing] = await connection.query<{ readonly pages: number }>(statements.countSnapshotPages, [shard, take]);
  if (standing?.pages !== pages) return false;
  await connection.query(statements.putSnapshot, [shard, take, pages, Buffer.from(content)]);
  await connection.query(statements.deleteOtherPages, [shard, [take, kept]]);
  return true;
}
