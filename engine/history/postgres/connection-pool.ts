/**
 * Connections to PostgreSQL: whole transactions, and one typed error for everything that may pass. A connection on which
 * anything failed is closed, not reused: its state is unknown.
 *
 * `pg`, since the alternative `postgres` 3.4.9 ends the process with an uncatchable TypeError when the server cuts a
 * connection inside a transaction (its issues 1066, 1154, 1208), and loses an error that follows the last byte of a COPY.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import copyStreams from "pg-copy-streams";
import {
  postgresCloseMsMax,
  postgresConnectionsMax,
  postgresConnectTimeoutMs,
  postgresIdleMsMax,
  postgresKeepAliveMs,
} from "../../limits-of-history.ts";
import { HistoryUnavailable, SetupError } from "../../model/errors.ts";
import { typedPostgresError } from "./postgres-errors.ts";
import { BEGIN, COMMIT, ROLLBACK } from "./statements.ts";

/** One connection inside one transaction. */
export interface Connection {
  query<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Resolves when the server has taken all of it. */
  copy(text: string, chunks: Iterable<Buffer>): Promise<void>;
}

export interface TransactionOptions {
  /** The statement that opens the transaction; BEGIN by default. */
  readonly begin?: string;
  /** Milliseconds until the server is taken to be silent: a network that has lost us tells nobody. For ever by default. */
  readonly within?: number;
}

export interface ConnectionPool {
  transact<T>(task: (connection: Connection) => Promise<T>, how?: TransactionOptions): Promise<T>;
  /** Statements that stand in no transaction, one after the other. */
  run(statements: readonly string[]): Promise<void>;
  /** What `task` yields in a transaction that is open until the last of it, or until nobody wants more. */
  stream<T>(task: (connection: Connection) => AsyncIterable<T>, begin?: string): AsyncGenerator<T>;
  close(): Promise<void>;
}

export function createConnectionPool(url: string): ConnectionPool {
  const where = placeOf(url);
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "vif",
    max: postgresConnectionsMax,
    connectionTimeoutMillis: postgresConnectTimeoutMs,
    idle_in_transaction_session_timeout: postgresIdleMsMax,
    keepAlive: true,
    keepAliveInitialDelayMillis: postgresKeepAliveMs,
    allowExitOnIdle: true,
  });
  // A cut connection is also an event; the call that uses it, or the next one, says so.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  let closed = false;

  return {
    async transact(task, { begin = BEGIN, within } = {}) {
      if (closed) throw new HistoryUnavailable(`The history at ${where} is closed.`);
      let client: pg.PoolClient | undefined;
      let limit: NodeJS.Timeout | undefined;
      let silent = false;
      try {
        const connected = (client = await pool.connect());
        if (within !== undefined)
          limit = setTimeout(() => {
            silent = true;
            // With a statement under way this ends the socket, and with it the statement.
            connected.end().catch(() => undefined);
          }, within);
        const result = await transactOn(client, begin, task);
        client.release();
        return result;
      } catch (error) {
        client?.release(true);
        if (silent) throw new HistoryUnavailable(`The history at ${where} has not answered in ${within} ms.`);
        throw typedPostgresError(error, where);
      } finally {
        clearTimeout(limit);
      }
    },

    async run(statements) {
      if (closed) throw new HistoryUnavailable(`The history at ${where} is closed.`);
      let client: pg.PoolClient | undefined;
      try {
        client = await pool.connect();
        for (const statement of statements) await client.query(statement);
        client.release();
      } catch (error) {
        client?.release(true);
        throw typedPostgresError(error, where);
      }
    },

    async *stream(task, begin = BEGIN) {
      if (closed) throw new HistoryUnavailable(`The history at ${where} is closed.`);
      let client: pg.PoolClient | undefined;
      let whole = false;
      try {
        client = await pool.connect();
        await client.query(begin);
        yield* task(connectionOf(client));
        await client.query(COMMIT);
        whole = true;
      } catch (error) {
        throw typedPostgresError(error, where);
      } finally {
        // Who wants no more leaves a transaction behind: its connection goes with it.
        client?.release(!whole);
      }
    },

    async close() {
      if (closed) return;
      closed = true;
      // A server that does not answer does not keep us: what was not committed is drained again.
      let expire: NodeJS.Timeout | undefined;
      const expired = new Promise<void>((resolve) => {
        expire = setTimeout(resolve, postgresCloseMsMax);
      });
      await Promise.race([pool.end(), expired]);
      clearTimeout(expire);
    },
  };
}

function connectionOf(client: pg.PoolClient): Connection {
  return {
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as Row[],
    copy: (text, chunks) => pipeline(Readable.from(chunks), client.query(copyStreams.from(text))),
  };
}

async function transactOn<T>(
  client: pg.PoolClient,
  begin: string,
  task: (connection: Connection) => Promise<T>,
): Promise<T> {
  await client.query(begin);
  try {
    const result = await task(connectionOf(client));
    await client.query(COMMIT);
    return result;
  } catch (error) {
    // The connection may be gone, and its transaction with it; the first error counts.
    await client.query(ROLLBACK).catch(() => undefined);
    throw error;
  }
}

/** Host and database of a URL, for messages; never its user or password. */
function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch {
    throw new SetupError("The history's URL cannot be read.", "Write it as postgres://user@host:port/database.");
  }
}
