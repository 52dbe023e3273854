/**
 * Finding people as one types, in a history of 1,000,000 of them: drained as a node drains them, then asked letter by
 * letter, as a till would, for people who are there and for some who are not; and the same of a whole engine on its
 * embedded history, which the people came into by events: there each who is found is read from the owner of their shard,
 * too, and the answer comes over HTTP. The slowest twentieth is what counts: it is where nobody, or one of a million, begins
 * with what was typed. Answers are checked: who is typed whole is found. PostgreSQL is told to look at its table once after
 * the filling, as its autovacuum does within a minute; where none answers the rest is measured, and it is said.
 *
 * Estimate before the first run: DuckDB scans 100 MB of text in 50 to 100 ms; PostgreSQL's inverted index answers within 5.
 *
 *     BENCH_PEOPLE=1_000_000 BENCH_TYPISTS=20 npm run bench -- people
 */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { createHistory } from "../engine/history/create-history.ts";
import type { HistorySettings } from "../engine/history/create-history.ts";
import { soughtWords, termsOfEvent } from "../engine/history/people-words.ts";
import type { History, HistoryRow } from "../engine/history/port.ts";
import type { ProfileId, ShardId } from "../engine/model/ids.ts";
import { askEngine } from "./people-engine.ts";
import { askAll, named } from "./people-typed.ts";
import type { Asked } from "./people-typed.ts";
import { count, keepResults, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const PEOPLE = sizeOf("BENCH_PEOPLE", 1_000_000);
const DRAIN_ROWS = 10_000;
const SHARD = 0 as ShardId;
const url = process.env["VIF_TEST_POSTGRES"] ?? "postgres://postgres@127.0.0.1:5432/test";
const schema = `vif_bench_${process.pid}`;

const profileOf = (n: number): ProfileId => n.toString(16).padStart(24, "0") as ProfileId;

function rowOf(n: number): HistoryRow {
  const { first, last, email, phone, card } = named(n);
  const body = JSON.stringify({ fields: { first_name: first, last_name: last, email, phone, loyaltyCard: card } });
  return {
    shard: SHARD,
    position: n,
    kind: "plan",
    instant: Date.UTC(2026, 0, 1) + n,
    epoch: 1,
    profile: profileOf(n),
    event: undefined,
    transition: undefined,
    receipt: undefined,
    merge: undefined,
    named: termsOfEvent({ type: "identify", identifiers: [], body }),
    record: new Uint8Array(8),
  };
}

async function fill(history: History): Promise<number> {
  const startMs = performance.now();
  for (let done = 0; done < PEOPLE; done += DRAIN_ROWS) {
    const rows = Array.from({ length: Math.min(DRAIN_ROWS, PEOPLE - done) }, (_, index) => rowOf(done + index + 1));
    const from = { epoch: done === 0 ? 0 : 1, position: done };
    const [outcome] = await history.drain([
      { shard: SHARD, from, to: { epoch: 1, position: done + rows.length }, rows },
    ]);
    if (outcome !== "ok") throw new Error(`the drain from ${done} was refused`);
  }
  return (performance.now() - startMs) / 1000;
}

async function onPostgres(statement: string): Promise<undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  await client.connect();
  await client.query(statement);
  await client.end();
  return undefined;
}

interface Searched {
  readonly store: string;
  readonly fillSeconds: number;
  readonly asked: readonly Asked[];
}

async function askHistory(store: string, of: HistorySettings): Promise<Searched> {
  const history = await createHistory(of);
  try {
    const fillSeconds = await fill(history);
    if (of.kind === "postgres") await onPostgres(`analyze "${schema}".people`);
    const asked = await askAll(PEOPLE, { find: (typed) => history.people(soughtWords(typed), 10), meant: profileOf });
    return { store, fillSeconds, asked };
  } finally {
    await history.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), "vif-people-"));
const missing = await onPostgres("select 1").catch((error: unknown) => `not measured: ${String(error)}`);
const results: Searched[] = [];
try {
  results.push(await askHistory("DuckDB", { kind: "embedded", file: join(folder, "history.duckdb") }));
  if (missing === undefined) results.push(await askHistory("PostgreSQL", { kind: "postgres", url, schema }));
  results.push({ store: "engine", ...(await askEngine(PEOPLE)) });
} finally {
  rmSync(folder, { recursive: true, force: true });
  if (missing === undefined) await onPostgres(`drop schema if exists "${schema}" cascade`);
}
printTable([
  [`typed, of ${count(PEOPLE)} people`, "searches", "p50 ms", "p95 ms", "p99 ms"],
  ...results.flatMap(({ store, asked }) =>
    asked.map(({ kind, searches, p50Ms, p95Ms, p99Ms }) => [
      `${store}: ${kind}`,
      count(searches),
      ...[p50Ms, p95Ms, p99Ms].map((figure) => figure.toFixed(1)),
    ]),
  ),
]);
if (missing !== undefined) process.stdout.write(`\nPostgreSQL at VIF_TEST_POSTGRES: ${missing}\n`);
process.stdout.write(`\nkept in ${keepResults("people", { people: PEOPLE, results })}\n`);
