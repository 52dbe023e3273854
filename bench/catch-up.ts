/**
 * The drain of a whole engine that has to catch up while it serves: events as fast as the engine takes them until history is
 * some hundred thousand records behind, then a steady rate, until it is not. Rows a second are of each second that began with
 * history behind by more than passes between two looks of the drain; what events wait then, beside what they wait at the same
 * rate once history is up to date. Where history never falls behind, as the drain is as fast as the engine, it is told how many
 * rows a second that were, at how many events.
 *
 *     npm run bench -- catch-up         BENCH_PROFILES (100,000), BENCH_RATE (10,000 events a second), BENCH_LAG (300,000
 *                                       records), BENCH_FULL (20 seconds of all that it takes), BENCH_HISTORIES (embedded,postgres), on the server of VIF_TEST_POSTGRES
 *
 * Estimate before the first run: 40,000 rows a second into DuckDB, 30,000 into PostgreSQL, whose own CPU the engine lacks.
 */
import { createDatabase } from "../tests/support/postgres-database.ts";
import { metricOf, removeFolder, startEngine } from "./engine-process.ts";
import { fillProfiles, loadOf, ROOT, serverTarget } from "./filled-engine.ts";
import { count, keepResults, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";

const PROFILES = sizeOf("BENCH_PROFILES", 100_000);
const RATE = sizeOf("BENCH_RATE", 10_000);
const LAG = sizeOf("BENCH_LAG", 300_000);
const HISTORIES = (process.env["BENCH_HISTORIES"] ?? "embedded,postgres").split(",");
const FULL_SECONDS = sizeOf("BENCH_FULL", 20);
const PIPELINE = 16;
/** What is less is what passes between two looks of the drain: an event makes some two records. */
const CAUGHT_UP = 2.5 * RATE;
const SECONDS_MAX = 120;
const USUAL_SECONDS = 10;

interface CaughtUp {
  readonly history: string;
  /** Of the seconds in which events came as fast as the engine took them. */
  readonly full: { readonly eventsPerSecond: number; readonly rowsPerSecond: number };
  /** When the steady rate began. */
  readonly lagRecords: number;
  readonly seconds: number;
  /** Of each second. */
  readonly rowsPerSecond: readonly number[];
  readonly p99Ms: readonly number[];
  readonly usualP99Ms: readonly number[];
}

async function measure(history: string): Promise<CaughtUp> {
  const database = history === "postgres" ? await createDatabase("vif_bench_catch_up") : undefined;
  const engine = await startEngine({
    name: `catch-up-${history}`,
    store: "embedded",
    rules: `${ROOT}/rules`,
    env: { VIF_CACHE_MB: "1024", ...(database && { VIF_HISTORY: database.url }) },
  });
  try {
    await fillProfiles(engine, PROFILES);
    const load = await loadOf(serverTarget(engine), { profiles: PROFILES, seed: 7 });
    const lag = (): Promise<number> => metricOf(engine, "vif_drain_lag_records");
    const [fullMs, drainedBefore] = [performance.now(), await metricOf(engine, "vif_drained_rows_total")];
    let events = 0;
    for (let second = 0; second < FULL_SECONDS && (await lag()) < LAG; second++)
      events += (await load.closedLoop(1, PIPELINE)).events;
    const fullSeconds = (performance.now() - fullMs) / 1000;
    const drainedRows = (await metricOf(engine, "vif_drained_rows_total")) - drainedBefore;
    const full = { eventsPerSecond: events / fullSeconds, rowsPerSecond: drainedRows / fullSeconds };
    const lagRecords = await lag();
    const rowsPerSecond: number[] = [];
    const p99Ms: number[] = [];
    const startMs = performance.now();
    while ((await lag()) > CAUGHT_UP && rowsPerSecond.length < SECONDS_MAX) {
      const [fromMs, before] = [performance.now(), await metricOf(engine, "vif_drained_rows_total")];
      p99Ms.push((await load.openLoop(1, RATE)).p99Ms);
      const drained = (await metricOf(engine, "vif_drained_rows_total")) - before;
      rowsPerSecond.push(drained / ((performance.now() - fromMs) / 1000));
    }
    const seconds = (performance.now() - startMs) / 1000;
    const usualP99Ms: number[] = [];
    for (let second = 0; second < USUAL_SECONDS; second++) usualP99Ms.push((await load.openLoop(1, RATE)).p99Ms);
    load.close();
    return { history, full, lagRecords, seconds, rowsPerSecond, p99Ms, usualP99Ms };
  } finally {
    await engine.process.stop();
    await database?.close();
    removeFolder(engine.folder);
  }
}

const unknown = HISTORIES.filter((history) => history !== "embedded" && history !== "postgres");
if (unknown.length > 0) throw new Error(`BENCH_HISTORIES takes embedded and postgres, not ${unknown.join(", ")}`);
const all: CaughtUp[] = [];
for (const history of HISTORIES) all.push(await measure(history));
printTable([
  ["", "full events/s", "rows/s", "behind", `s at ${count(RATE)}/s`, "rows/s, median", "p99 ms", "usual p99 ms"],
  ...all.map(({ history, full, lagRecords, seconds, rowsPerSecond, p99Ms, usualP99Ms }) => [
    history,
    count(full.eventsPerSecond),
    count(full.rowsPerSecond),
    count(lagRecords),
    seconds.toFixed(1),
    rowsPerSecond.length === 0 ? "" : count(median(rowsPerSecond)),
    p99Ms.length === 0 ? "" : median(p99Ms).toFixed(1),
    median(usualP99Ms).toFixed(1),
  ]),
]);
process.stdout.write(`\nkept in ${keepResults("catch-up", { profiles: PROFILES, rate: RATE, caughtUp: all })}\n`);
