/**
 * A whole database into a file of its own: one statement, and so one transaction, that sees what was committed when it began
 * and keeps no other from writing. The file is complete when it is let go of.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { attachCopy, copyInto, DETACH_COPY, SELECT_DATABASE } from "./statements.ts";

export async function copyDatabase(connection: DuckDBConnection, path: string): Promise<void> {
  const [row] = (await connection.runAndReadAll(SELECT_DATABASE)).getRowObjectsJS();
  await connection.run(attachCopy(path));
  try {
    await connection.run(copyInto(String(row?.["name"])));
  } finally {
    await connection.run(DETACH_COPY);
  }
}
