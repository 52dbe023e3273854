/**
 * One DuckDB file, opened once in a process and used by one connection, but for long reads, which have one each: calls wait
 * for each other, a transaction is whole or not at all, and after an operating error the file is closed, to be opened afresh by the next call (DuckDB
 * refuses everything after a fatal one, such as a full disk). Steps of migration.ts run at each opening.
 *
 * The file is exclusively ours while it is open: DuckDB locks it against other processes, and `opened` and DuckDB's cache of
 * instances guard against a second opening in this thread, which DuckDB would allow and which would ruin the file: whichever
 * closes first removes the log that the other writes to. A long read keeps the instance open that it began in, so it is ended
 * with it, and until it has let go nothing is opened afresh.
 */
import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBValue } from "@duckdb/node-api";
import { DuckDBInstanceCache } from "@duckdb/node-api";
import { duckdbCheckpointMb, duckdbMemoryMbMax } from "../../limits.ts";
import { HistoryUnavailable, SetupError } from "../../model/errors.ts";
import { digestMigration, pendingMigrations } from "../migration.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { Compacted } from "../port.ts";
import { createChunkRead } from "./chunk-read.ts";
import { copyDatabase, isDiskFull } from "./copy-database.ts";
import {
  attachDatabase,
  CHECKPOINT,
  CREATE_MIGRATIONS,
  HISTORY,
  INSERT_MIGRATION,
  SELECT_MIGRATIONS,
  USE_HISTORY,
} from "./statements.ts";

export interface DuckDbFile {
  /** Runs `task` alone; rejects with HistoryUnavailable for everything that may pass, with the task's own error else. */
  use<T>(task: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  /** The same in one transaction, rolled back when `task` throws. */
  transact<T>(task: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  /**
   * What a query finds, as it comes, on a connection of its own: calls go on meanwhile. Rejects as `use`, also when the file
   * was closed meanwhile; so does `beside`.
   */
  stream(statement: string, values: Record<string, DuckDBValue>): AsyncGenerator<DuckDBDataChunk>;
  /** Runs `task` on a connection of its own: calls go on meanwhile. Rejects as `use`. */
  beside<T>(task: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  /**
   * Writes all that is left into a new file, and puts it in place: DuckDB uses the room of removed rows again, and gives none
   * of it back. Calls wait meanwhile. `busy` while a connection of its own reads, for it would end by removing the log of the
   * new file.
   */
  compact(): Promise<Compacted>;
  /** What is read beside is ended, and lets go of the file a little later; until then nobody can open it. */
  close(): Promise<void>;
}

/** A connection that is used beside the first one. */
interface Beside {
  readonly connection: DuckDBConnection;
  /** Asks its user to be done; may be called again, as who is between two statements does not hear it. */
  end: () => void;
}

const opened = new Set<string>();

export function createDuckDbFile(path: string): DuckDbFile {
  const file = resolve(path);
  let open: { readonly instance: DuckDBInstance; readonly connection: DuckDBConnection } | undefined;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();
  /** They may outlive `open`, and keep its instance and the file. */
  const besides = new Set<Beside>();

  async function connect(): Promise<DuckDBConnection> {
    if (closed) throw new HistoryUnavailable(`The history in ${file} is closed.`);
    if (open !== undefined) return open.connection;
    if (besides.size > 0) {
      endBesides();
      throw new HistoryUnavailable(`The history in ${file} was closed, and a long read of it has yet to let go.`);
    }
    if (opened.has(file)) throw new HistoryUnavailable(`The history in ${file} is open in this process already.`);
    mkdirSync(dirname(file), { recursive: true });
    // Instances of one cache know of each other's files, and refuse them.
    const instance = await DuckDBInstanceCache.singleton.getOrCreateInstance(":memory:", {
      threads: "1",
      memory_limit: `${duckdbMemoryMbMax}MB`,
      checkpoint_threshold: `${duckdbCheckpointMb}MB`,
      temp_directory: `${file}.tmp`,
    });
    const connection = await instance.connect();
    opened.add(file);
    open = { instance, connection };
    try {
      // Attached, as only then the size of a row group can be told.
      await connection.run(attachDatabase(file, HISTORY));
      await connection.run(USE_HISTORY);
      await transactOn(connection, migrate);
    } catch (error) {
      disconnect();
      throw error;
    }
    return connection;
  }

  function disconnect(): void {
    if (open === undefined) return;
    open.connection.closeSync();
    open.instance.closeSync();
    open = undefined;
    if (besides.size === 0) opened.delete(file);
    else endBesides();
  }

  function endBesides(): void {
    for (const { end } of besides) end();
  }

  function alone<T>(task: () => Promise<T>): Promise<T> {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  }

  async function attempt<T>(task: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    try {
      return await task(await connect());
    } catch (error) {
      const typed = typedError(error, file);
      if (typed instanceof HistoryUnavailable) disconnect();
      throw typed;
    }
  }

  function connectBeside(): Promise<Beside> {
    return alone(() =>
      attempt(async () => {
        if (open === undefined) throw new HistoryUnavailable(`The history in ${file} is closed.`);
        const connection = await open.instance.connect();
        const besideIt: Beside = { connection, end: () => connection.interrupt() };
        besides.add(besideIt);
        try {
          await connection.run(USE_HISTORY);
        } catch (error) {
          leave(besideIt);
          throw error;
        }
        return besideIt;
      }),
    );
  }

  function leave(left: Beside): void {
    if (!besides.delete(left)) return;
    left.connection.closeSync();
    if (open === undefined && besides.size === 0) opened.delete(file);
  }

  async function beside<T>(task: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const used = await connectBeside();
    try {
      return await task(used.connection);
    } catch (error) {
      throw typedError(error, file);
    } finally {
      leave(used);
    }
  }

  async function* stream(statement: string, values: Record<string, DuckDBValue>): AsyncGenerator<DuckDBDataChunk> {
    const used = await connectBeside();
    const read = createChunkRead(used.connection, statement, values);
    const end = (): Promise<void> => read.end().finally(() => leave(used));
    // Not left to the reader, who may be away for long, or wait for this very file.
    used.end = () => void end();
    try {
      for (let chunk = await read.next(); chunk !== undefined; chunk = await read.next()) yield chunk;
    } catch (error) {
      throw typedError(error, file);
    } finally {
      await end();
    }
  }

  async function compact(connection: DuckDBConnection): Promise<Compacted> {
    if (besides.size > 0) return "busy";
    const [draft, log] = [`${file}.compact`, `${file}.wal`];
    // With the log of one that was killed, which would be taken for this one's.
    const clear = (): void => [draft, `${draft}.wal`].forEach((path) => rmSync(path, { force: true }));
    clear();
    try {
      await connection.run(CHECKPOINT);
      await copyDatabase(connection, draft);
      disconnect();
      // All of the log is in the file by now; one that is left would be taken for the new file's.
      if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0) return "busy";
      const before = statSync(file).size;
      renameSync(draft, file);
      return { before, after: statSync(file).size };
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      // What DuckDB has open may refuse everything from now on.
      disconnect();
      return "no_room";
    } finally {
      clear();
    }
  }

  return {
    stream,
    beside,
    compact: () => alone(() => attempt(compact)),
    use: (task) => alone(() => attempt(task)),
    transact: (task) =>
      alone(async () => {
        let isSpent = false;
        const result = await attempt((connection) => transactOn(connection, task, () => (isSpent = true)));
        if (isSpent) disconnect();
        return result;
      }),
    close: () =>
      alone(async () => {
        closed = true;
        disconnect();
      }),
  };
}

/** @param onSpent the transaction is durable, and the connection of no further use */
async function transactOn<T>(
  connection: DuckDBConnection,
  task: (connection: DuckDBConnection) => Promise<T>,
  onSpent: () => void = () => undefined,
): Promise<T> {
  await connection.run("begin transaction");
  try {
    const result = await task(connection);
    await connection.run("commit").catch((error: unknown) => {
      if (!isDurable(error)) throw error;
      onSpent();
    });
    return result;
  } catch (error) {
    // A commit that failed has ended its transaction; then there is nothing to roll back, and the first error counts.
    await connection.run("rollback").catch(() => undefined);
    throw error;
  }
}

async function migrate(connection: DuckDBConnection): Promise<void> {
  await connection.run(CREATE_MIGRATIONS);
  const rows = (await connection.runAndReadAll(SELECT_MIGRATIONS)).getRowObjectsJS();
  const applied = rows.map((row) => ({ number: Number(row["number"]), digest: String(row["digest"]) }));
  for (const migration of pendingMigrations(MIGRATIONS, applied)) {
    for (const statement of migration.statements) await connection.run(statement);
    const { number, name } = migration;
    await connection.run(INSERT_MIGRATION, { number, name, digest: digestMigration(migration) });
  }
}

/**
 * The commit is in the log, but the checkpoint that it set off lacked memory or room. Nothing is lost: the next opening reads
 * the log, and makes the checkpoint with all of its memory.
 */
function isDurable(error: unknown): boolean {
  return error instanceof Error && error.message.includes("COMMIT succeeded and is durable");
}

/** Errors of DuckDB that are mistakes in this program; everything else it says may pass: disk, lock, memory, interruption. */
const PROGRAMMERS_ERRORS = /^(Parser|Binder|Catalog|Conversion|Constraint|Invalid Input|Not implemented|Syntax) Error/i;

/** Something of an instance that was closed keeps the file still, until it is collected as garbage. */
const HELD = /Unique file handle conflict/;

/** DuckDB's errors are plain `Error`s known by the first words of their text. */
function typedError(error: unknown, file: string): unknown {
  if (error instanceof HistoryUnavailable || error instanceof SetupError) return error;
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const holder = /Conflicting lock is held.*\(PID (\d+)\)/.exec(reason)?.[1];
  if (holder !== undefined) {
    return new HistoryUnavailable(`The history in ${file} is open in another process (${holder}).`, { cause: error });
  }
  if (PROGRAMMERS_ERRORS.test(reason) && !HELD.test(reason)) return error;
  return new HistoryUnavailable(`The history in ${file} cannot be used: ${reason}`, { cause: error });
}
