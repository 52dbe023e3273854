/**
 * A database of its own for one run, on the server that VIF_TEST_POSTGRES names. Suites that need one skip with
 * `postgresMissing` when no server answers, unless VIF_TEST_REQUIRE_SERVICES=1.
 */
import pg from "pg";

const SERVER = process.env["VIF_TEST_POSTGRES"] ?? "postgres://postgres@127.0.0.1:5432/test";

/** Why suites that need PostgreSQL are skipped; undefined when they are not. */
export const postgresMissing: string | undefined = await findServer();

async function findServer(): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: SERVER, connectionTimeoutMillis: 3_000 });
  try {
    await client.connect();
    await client.end();
    return undefined;
  } catch (error) {
    if (process.env["VIF_TEST_REQUIRE_SERVICES"] === "1") throw error;
    return `no PostgreSQL at VIF_TEST_POSTGRES (${error instanceof Error ? error.message : String(error)})`;
  }
}

export interface TestDatabase {
  readonly url: string;
  /** Removes it, whoever is still connected. */
  close(): Promise<void>;
}

/** @param name lower case letters, digits and underscores */
export async function createDatabase(name: string): Promise<TestDatabase> {
  const own = `${name}_${process.pid}`;
  await run(`drop database if exists ${own} with (force)`);
  await run(`create database ${own}`);
  const url = new URL(SERVER);
  url.pathname = `/${own}`;
  return { url: url.href, close: () => run(`drop database if exists ${own} with (force)`) };
}

async function run(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
