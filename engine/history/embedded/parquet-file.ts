/** A CSV file with a header made into a Parquet file, by a database of its own in memory. */
import { renameSync, rmSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";

/** The CSV is removed, and the file is there when it is whole. */
export async function writeParquetFile(csv: string, out: string): Promise<void> {
  const quoted = (path: string): string => `'${path.replaceAll("'", "''")}'`;
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const part = `${out}.parquet.part`;
  try {
    const rows = `select * from read_csv(${quoted(csv)}, header = true, types = {'customer': 'VARCHAR', 'product': 'VARCHAR', 'title': 'VARCHAR'})`;
    await connection.run(`copy (${rows}) to ${quoted(part)} (format parquet, compression zstd)`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  renameSync(part, out);
  rmSync(csv);
}
