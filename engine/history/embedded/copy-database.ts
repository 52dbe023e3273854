/**
 * A whole database into a file of its own: one statement, and so one transaction, that sees what was committed when it began
 * and keeps no other from writing. The file is complete when it is let go of.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { HistoryUnavailable } from "../../model/errors.ts";
import { attachCopy, copyInto, DETACH_COPY, SELECT_DATABASE } from "./statements.ts";

/** As DuckDB and Node say it, and we do. */
export function isDiskFull(error: unknown): boolean {
  return /no space left|ENOSPC|not enough space/i.test(String(error));
}

/** Rejects with HistoryUnavailable where the disk is full. */
export async function copyDatabase(connection: DuckDBConnection, path: string): Promise<void> {
  const [row] = (await connection.runAndReadAll(SELECT_DATABASE)).getRowObjectsJS();
  try {
    await connection.run(attachCopy(path));
    try {
      await connection.run(copyInto(String(row?.["name"])));
    } catch (error) {
      // The copy's own end counts; that it cannot be let go of after it does not.
      await connection.run(DETACH_COPY).catch(() => undefined);
      throw error;
    }
    await connection.run(DETACH_COPY);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    throw new HistoryUnavailable(`There is no space left on the disk for ${path}.`, { cause: error });
  }
}
