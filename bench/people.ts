/**
 * Finding people as one types, in a history of 1,000,000 of them: drained as a node drains them, then asked letter by
 * letter, as a till would, for people who are there and for some who are not. The slowest twentieth is what counts: it is
 * where nobody, or one of a million, begins with what was typed. Answers are checked: who is typed whole is found.
 * PostgreSQL is told to look at its table once after the filling, as its autovacuum does within a minute.
 *
 * Estimate before the first run: DuckDB scans 100 MB of text in 50 to 100 ms; PostgreSQL's inverted index answers within 5.
 *
 *     node dist/bench/people.js [people, 1000000]
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
import { count, keepResults, printTable } from "./results.ts";
import { createRandom } from "./visits.ts";

const PEOPLE = Number(process.argv[2] ?? 1_000_000);
const DRAIN_ROWS = 10_000;
const TYPISTS = 20;
const SHARD = 0 as ShardId;
const url = process.env["VIF_TEST_POSTGRES"] ?? "postgres://postgres@127.0.0.1:5432/test";
const schema = `vif_bench_${process.pid}`;

interface Named {
  readonly first: string;
  readonly last: string;
  readonly email: string;
  readonly phone: string;
  readonly card: string;
}

const SYLLABLES = "ma ri lo du pe jean an so be to le na va co mi ga el no ro sa chi fra gu he ju ka lu vi ze ou".split(
  " ",
);
const FIRST_NAMES = namesOf(2_000, 11);
const LAST_NAMES = namesOf(40_000, 12);

function namesOf(amount: number, seed: number): readonly string[] {
  const random = createRandom(seed);
  const syllable = (): string => SYLLABLES[Math.floor(random() * SYLLABLES.length)] ?? "";
  return Array.from({ length: amount }, () => syllable() + syllable() + (random() < 0.5 ? syllable() : ""));
}

/** Names as unevenly spread as names are. */
function named(n: number): Named {
  const random = createRandom(n * 2_654_435 + 7);
  random();
  const of = (names: readonly string[]): string => names[Math.floor(names.length * random() ** 2.5)] ?? "";
  const [first, last] = [of(FIRST_NAMES), of(LAST_NAMES)];
  return {
    first,
    last,
    email: `${first}.${last}${n}@example.fr`,
    phone: `+336${10_000_000 + ((n * 7_919) % 89_999_999)}`,
    card: String(4_000_000_000_000 + n * 7_919),
  };
}

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

/** What a typist has typed after each key, from the second on. */
function typed(text: string): readonly string[] {
  return Array.from({ length: text.length - 1 }, (_, index) => text.slice(0, index + 2));
}

const KINDS: Readonly<Record<string, (person: Named, n: number) => string>> = {
  name: ({ first, last }) => `${first} ${last}`,
  "last name first": ({ first, last }) => `${last} ${first}`,
  "e-mail": ({ email }) => email,
  phone: ({ phone }) => phone.replace("+33", "0"),
  card: ({ card }) => card,
  nobody: (_, n) => `xq${n}zw`,
};

interface Asked {
  readonly kind: string;
  readonly searches: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

async function ask(history: History): Promise<readonly Asked[]> {
  const all: number[] = [];
  const asked: Asked[] = [];
  for (const [kind, textOf] of Object.entries(KINDS)) {
    const tookMs: number[] = [];
    for (let typist = 0; typist < TYPISTS; typist++) {
      const n = 1 + ((typist * 15_485_863) % PEOPLE);
      const text = textOf(named(n), n);
      for (const sofar of typed(text)) {
        const startMs = performance.now();
        const found = await history.people(soughtWords(sofar), 10);
        tookMs.push(performance.now() - startMs);
        const isWhole = sofar === text && (kind === "e-mail" || kind === "phone" || kind === "card");
        if (isWhole && !found.includes(profileOf(n))) throw new Error(`"${text}" was not found`);
      }
    }
    all.push(...tookMs);
    asked.push(summary(kind, tookMs));
  }
  return [...asked, summary("all", all)];
}

function summary(kind: string, tookMs: readonly number[]): Asked {
  const sorted = [...tookMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { kind, searches: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

async function onPostgres(statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}

const folder = await mkdtemp(join(tmpdir(), "vif-people-"));
const settings: Readonly<Record<string, HistorySettings>> = {
  DuckDB: { kind: "embedded", file: join(folder, "history.duckdb") },
  PostgreSQL: { kind: "postgres", url, schema },
};
const results: { store: string; fillSeconds: number; asked: readonly Asked[] }[] = [];
try {
  for (const [store, of] of Object.entries(settings)) {
    const history = await createHistory(of);
    const fillSeconds = await fill(history);
    if (of.kind === "postgres") await onPostgres(`analyze "${schema}".people`);
    results.push({ store, fillSeconds, asked: await ask(history) });
    await history.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  await onPostgres(`drop schema if exists "${schema}" cascade`);
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
process.stdout.write(`\nkept in ${keepResults("people", { people: PEOPLE, results })}\n`);
