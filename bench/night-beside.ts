/**
 * What events wait while a night compares everybody by all records, and while a backup is made, beside what they wait of the
 * same engine at the same steady rate while neither is: they take turns. A night has its threads, which stand back behind those
 * that answer; on two cores they share the caches, the disk and history with them all the same. Backups follow each other
 * for as long as a usual round takes; of PostgreSQL its own means make them.
 *
 *     npm run bench -- night-beside     BENCH_PROFILES (100,000), BENCH_EVENTS of each (10), BENCH_RATE (1,000 events a
 *                                       second), BENCH_ROUNDS (3), BENCH_HISTORIES (embedded,postgres), the latter on the
 *                                       server of VIF_TEST_POSTGRES
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { NightReport } from "../engine/control/nights-port.ts";
import { createDatabase } from "../tests/support/postgres-database.ts";
import { metricOf, removeFolder, type RunningEngine, startEngine, temporaryFolder } from "./engine-process.ts";
import { fillProfiles, loadOf, ROOT, serverTarget } from "./filled-engine.ts";
import { count, keepResults, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";
import type { Load, LoadResult } from "./socket-load.ts";

const PROFILES = sizeOf("BENCH_PROFILES", 100_000);
const EVENTS_EACH = sizeOf("BENCH_EVENTS", 10);
const RATE = sizeOf("BENCH_RATE", 1_000);
const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const HISTORIES = (process.env["BENCH_HISTORIES"] ?? "embedded,postgres").split(",");
/** Of one look at what events wait. */
const LOOK_SECONDS = 5;
/** Of a round without a night. */
const USUAL_LOOKS = 3;
const DRAINED_RECORDS = 5_000;

interface Beside {
  readonly history: string;
  readonly work: "night" | "backup";
  readonly records: number;
  /** Of each time that it was done. */
  readonly seconds: readonly number[];
  /** Of each look. */
  readonly beside: readonly LoadResult[];
  readonly usual: readonly LoadResult[];
}

/** Resolves with what it printed when it is over. */
async function vif({ folder }: RunningEngine, ...args: readonly string[]): Promise<string> {
  const command = [join(ROOT, "dist", "engine", "cli", "main.js"), ...args, "--json"];
  const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIR: folder, VIF_RULES: `${ROOT}/rules` };
  const child = spawn(process.execPath, command, { env, stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  child.stdout.on("data", (chunk) => (told += String(chunk)));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`vif ${args.join(" ")} ended with ${String(code)}: ${told}`);
  return told;
}

async function compareAll(engine: RunningEngine): Promise<NightReport> {
  const told = await vif(engine, "reconcile", "--whole");
  const report = JSON.parse(told) as NightReport;
  if (report.drifts !== 0) throw new Error(`a night finds something: ${told}`);
  return report;
}

async function backUp(engine: RunningEngine): Promise<void> {
  const into = temporaryFolder("backup");
  await vif(engine, "backup", into);
  removeFolder(into);
}

/** One look at least: that one may outlast the work. */
async function lookBeside(load: Load, work: Promise<unknown>): Promise<readonly LoadResult[]> {
  let isOver = false;
  const looks: LoadResult[] = [];
  const over = work.finally(() => (isOver = true));
  over.catch(() => undefined);
  while (!isOver) {
    const look = await load.openLoop(LOOK_SECONDS, RATE);
    if (!isOver || looks.length === 0) looks.push(look);
  }
  await over;
  return looks;
}

async function backUpAgain(engine: RunningEngine): Promise<readonly number[]> {
  const startMs = performance.now();
  const seconds: number[] = [];
  while (performance.now() - startMs < USUAL_LOOKS * LOOK_SECONDS * 1000) {
    const beginMs = performance.now();
    await backUp(engine);
    seconds.push((performance.now() - beginMs) / 1000);
  }
  return seconds;
}

async function measure(history: string): Promise<readonly Beside[]> {
  const database = history === "postgres" ? await createDatabase("vif_bench_night_beside") : undefined;
  const engine = await startEngine({
    name: `night-beside-${history}`,
    store: "embedded",
    rules: `${ROOT}/rules`,
    env: { VIF_NIGHT: "off", ...(database && { VIF_HISTORY: database.url }) },
  });
  try {
    await fillProfiles(engine, PROFILES, EVENTS_EACH);
    while ((await metricOf(engine, "vif_drain_lag_records")) > DRAINED_RECORDS)
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
    const load = await loadOf(serverTarget(engine), { profiles: PROFILES, seed: 11 });
    const usual: LoadResult[] = [];
    const night = { seconds: [] as number[], beside: [] as LoadResult[] };
    const backup = { seconds: [] as number[], beside: [] as LoadResult[] };
    let records = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let look = 0; look < USUAL_LOOKS; look++) usual.push(await load.openLoop(LOOK_SECONDS, RATE));
      const comparing = compareAll(engine);
      night.beside.push(...(await lookBeside(load, comparing)));
      const { startedAt, endedAt, records: compared } = await comparing;
      night.seconds.push((endedAt - startedAt) / 1000);
      records = compared;
      if (database === undefined) {
        const backingUp = backUpAgain(engine);
        backup.beside.push(...(await lookBeside(load, backingUp)));
        backup.seconds.push(...(await backingUp));
      }
      process.stderr.write(`${history}: ${round + 1} of ${ROUNDS}   \r`);
    }
    load.close();
    const of = { history, records, usual };
    const both = [
      { ...of, work: "night" as const, ...night },
      { ...of, work: "backup" as const, ...backup },
    ];
    return both.filter(({ seconds }) => seconds.length > 0);
  } finally {
    await engine.process.stop();
    await database?.close();
    removeFolder(engine.folder);
  }
}

const all: Beside[] = [];
for (const history of HISTORIES) all.push(...(await measure(history)));
printTable([
  [
    `at ${count(RATE)} events/s`,
    "beside",
    "records",
    "takes s",
    "p50 ms",
    "usual",
    "p99 ms",
    "usual",
    "times",
    "longest",
    "usual",
  ],
  ...all.map(({ history, work, records, seconds, beside, usual }) => {
    const of = (looks: readonly LoadResult[], pick: (look: LoadResult) => number): number => median(looks.map(pick));
    const [p99, usualP99] = [of(beside, ({ p99Ms }) => p99Ms), of(usual, ({ p99Ms }) => p99Ms)];
    return [
      history,
      work,
      count(records),
      median(seconds).toFixed(1),
      of(beside, ({ p50Ms }) => p50Ms).toFixed(1),
      of(usual, ({ p50Ms }) => p50Ms).toFixed(1),
      p99.toFixed(1),
      usualP99.toFixed(1),
      (p99 / usualP99).toFixed(1),
      of(beside, ({ maxMs }) => maxMs).toFixed(0),
      of(usual, ({ maxMs }) => maxMs).toFixed(0),
    ];
  }),
]);
const of = { profiles: PROFILES, eventsEach: EVENTS_EACH, rate: RATE, rounds: ROUNDS };
process.stdout.write(`\nkept in ${keepResults("night-beside", { ...of, all })}\n`);
