/**
 * What events wait while a night compares everybody by all records, beside what they wait of the same engine at the same
 * steady rate while none does: the two take turns. A night has its threads, which stand back behind those that answer; on two
 * cores they share the caches, the disk and history with them all the same.
 *
 *     npm run bench -- night-beside     BENCH_PROFILES (100,000), BENCH_EVENTS of each (10), BENCH_RATE (1,000 events a
 *                                       second), BENCH_ROUNDS (3), BENCH_HISTORIES (embedded,postgres), the latter on the
 *                                       server of VIF_TEST_POSTGRES
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { NightReport } from "../engine/control/nights-port.ts";
import { createDatabase } from "../tests/support/postgres-database.ts";
import { metricOf, removeFolder, type RunningEngine, startEngine } from "./engine-process.ts";
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
  readonly records: number;
  readonly nightSeconds: readonly number[];
  /** Of each look. */
  readonly night: readonly LoadResult[];
  readonly usual: readonly LoadResult[];
}

/** Resolves when it is over. */
async function compareAll({ folder }: RunningEngine): Promise<NightReport> {
  const command = [join(ROOT, "dist", "engine", "cli", "main.js"), "reconcile", "--whole", "--json"];
  const env = { PATH: process.env["PATH"] ?? "", VIF_DATA_DIR: folder, VIF_RULES: `${ROOT}/rules` };
  const child = spawn(process.execPath, command, { env, stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  child.stdout.on("data", (chunk) => (told += String(chunk)));
  await new Promise((resolve) => child.once("close", resolve));
  const report = JSON.parse(told || "{}") as Partial<NightReport>;
  if (report.drifts !== 0) throw new Error(`a night finds something: ${told}`);
  return report as NightReport;
}

async function duringNight(
  engine: RunningEngine,
  load: Load,
): Promise<Pick<Beside, "night"> & { report: NightReport }> {
  let isOver = false;
  const night: LoadResult[] = [];
  const over = compareAll(engine).finally(() => (isOver = true));
  over.catch(() => undefined);
  while (!isOver) {
    const look = await load.openLoop(LOOK_SECONDS, RATE);
    // The last one is cut by its end: but there is one of each night.
    if (!isOver || night.length === 0) night.push(look);
  }
  return { night, report: await over };
}

async function measure(history: string): Promise<Beside> {
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
    const [usual, night, nightSeconds] = [[] as LoadResult[], [] as LoadResult[], [] as number[]];
    let records = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let look = 0; look < USUAL_LOOKS; look++) usual.push(await load.openLoop(LOOK_SECONDS, RATE));
      const during = await duringNight(engine, load);
      night.push(...during.night);
      nightSeconds.push((during.report.endedAt - during.report.startedAt) / 1000);
      records = during.report.records;
      process.stderr.write(`${history}: ${round + 1} of ${ROUNDS}   \r`);
    }
    load.close();
    return { history, records, nightSeconds, night, usual };
  } finally {
    await engine.process.stop();
    await database?.close();
    removeFolder(engine.folder);
  }
}

const all: Beside[] = [];
for (const history of HISTORIES) all.push(await measure(history));
printTable([
  [
    `at ${count(RATE)} events/s`,
    "records",
    "night s",
    "p50 ms",
    "usual",
    "p99 ms",
    "usual",
    "times",
    "longest",
    "usual",
  ],
  ...all.map(({ history, records, nightSeconds, night, usual }) => {
    const of = (looks: readonly LoadResult[], pick: (look: LoadResult) => number): number => median(looks.map(pick));
    const [p99, usualP99] = [of(night, ({ p99Ms }) => p99Ms), of(usual, ({ p99Ms }) => p99Ms)];
    return [
      history,
      count(records),
      median(nightSeconds).toFixed(1),
      of(night, ({ p50Ms }) => p50Ms).toFixed(1),
      of(usual, ({ p50Ms }) => p50Ms).toFixed(1),
      p99.toFixed(1),
      usualP99.toFixed(1),
      (p99 / usualP99).toFixed(1),
      of(night, ({ maxMs }) => maxMs).toFixed(0),
      of(usual, ({ maxMs }) => maxMs).toFixed(0),
    ];
  }),
]);
const of = { profiles: PROFILES, eventsEach: EVENTS_EACH, rate: RATE, rounds: ROUNDS };
process.stdout.write(`\nkept in ${keepResults("night-beside", { ...of, all })}\n`);
