/**
 * One long read on a connection of its own, chunk by chunk, which others may end while its reader is elsewhere: nobody has
 * to wait for a reader that never comes back. What DuckDB leaves out is made up for here. A read that fails half-way or is
 * interrupted ends there like one that is done, and would be taken for all there is; and a result that was not read to its
 * end keeps the whole instance open, with the file, until it is collected as garbage.
 */
import type { DuckDBConnection, DuckDBDataChunk, DuckDBValue } from "@duckdb/node-api";
import { ResultReturnType } from "@duckdb/node-api";
import { HistoryUnavailable } from "../../model/errors.ts";

export interface ChunkRead {
  /** Undefined: that was all. Rejects with HistoryUnavailable when it was ended, or when DuckDB stopped before its end. */
  next(): Promise<DuckDBDataChunk | undefined>;
  /** Resolves when DuckDB holds nothing of it any more. May be called again, to interrupt what did not hear of it. */
  end(): Promise<void>;
}

type Result = Awaited<ReturnType<DuckDBConnection["stream"]>>;

/** @param connection for this read alone; closed at its end */
export function createChunkRead(
  connection: DuckDBConnection,
  statement: string,
  values: Record<string, DuckDBValue>,
): ChunkRead {
  let result: Result | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let ending: Promise<void> | undefined;

  async function fetch(): Promise<DuckDBDataChunk | undefined> {
    if (ending !== undefined) throw new HistoryUnavailable("A long read of the history was ended before it was done.");
    result ??= await connection.stream(statement, values);
    const chunk = await fetchOf(result);
    if (chunk === undefined && result.returnType === ResultReturnType.INVALID)
      throw new HistoryUnavailable("A long read of the history was interrupted, or has failed half-way.");
    return chunk;
  }

  /** Only a result that has come to its end lets go of the instance; interrupted it is there at once. */
  async function letGo(): Promise<void> {
    connection.interrupt();
    try {
      if (result !== undefined) while ((await fetchOf(result)) !== undefined);
    } catch {
      // Nobody reads it any more: what became of it is of no account, and one that still holds the file has DuckDB say so.
    }
    connection.closeSync();
  }

  return {
    next() {
      const chunk = last.then(fetch);
      last = chunk.catch(() => undefined);
      return chunk;
    },
    end() {
      if (ending === undefined) ending = last.then(letGo);
      connection.interrupt();
      return ending;
    },
  };
}

async function fetchOf(result: Result): Promise<DuckDBDataChunk | undefined> {
  const chunk = await result.fetchChunk();
  return chunk === null || chunk.rowCount === 0 ? undefined : chunk;
}
