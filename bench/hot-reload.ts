/**
 * What a hot reload costs events: a whole engine with 1,000 rules under a steady open-loop load, in windows of some seconds
 * by turns without and with a reload. Each reload changes ten segments, so that the files are read, checked and compiled,
 * all workers load the plan, and everybody is looked at with it. A window counts by its longest wait and its 99th percentile,
 * from when an event was due; the two kinds alternate, as the machine's own moods meet both.
 *
 *     BENCH_ROUNDS=20 BENCH_SECONDS=5 BENCH_RATE=500 npm run bench -- hot-reload
 *
 * Estimate before the first run: the old plan serves and the new one is loaded in slices of half a millisecond, so 1 ms at
 * p99; what stands back still shares the cores' caches and the journal's disk, so 3 ms at the longest.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeFolder, type RunningEngine, startEngine, temporaryFolder } from "./engine-process.ts";
import { generateRules, writeRules } from "./generate-rules.ts";
import { count, keepResults, median, printTable } from "./results.ts";
import { sizeOf } from "./sizes.ts";
import { type Load, type LoadResult, openConnections } from "./socket-load.ts";
import { EventFrames } from "./visits.ts";

const ROUNDS = sizeOf("BENCH_ROUNDS", 20);
const SECONDS = sizeOf("BENCH_SECONDS", 5);
const RATE = sizeOf("BENCH_RATE", 500);
const PROFILES = sizeOf("BENCH_PROFILES", 20_000);
const RULES = sizeOf("BENCH_RULES", 1_000);
const CHANGED = 10;
const CONNECTIONS = 16;
/** From a window's begin to the save. */
const SAVE_AFTER_MS = 300;
const IN_FORCE_MS_MAX = 60_000;

const OPTIONS = { segments: RULES, aggregates: 60, contents: 10, seed: 1 };
const SEGMENTS = generateRules(OPTIONS).slice(0, CHANGED);

interface ReloadWindow extends LoadResult {
  /** From the save until the plan is in force; NaN without a reload. */
  readonly inForceMs: number;
}

/** Other segments than in any round before, as if somebody had changed how much it takes to be in them. */
function save(folder: string, round: number): void {
  for (const { path, text } of SEGMENTS)
    writeFileSync(
      join(folder, path),
      text.replace(/>= (\d+)/, (_, least: string) => `>= ${Number(least) + round + 1}`),
    );
}

async function windowOf(load: Load, reload: (() => Promise<number>) | undefined): Promise<ReloadWindow> {
  const [result, inForceMs] = await Promise.all([
    load.openLoop(SECONDS, RATE),
    reload === undefined ? Number.NaN : pause(SAVE_AFTER_MS).then(reload),
  ]);
  return { ...result, inForceMs };
}

async function measure(engine: RunningEngine, folder: string): Promise<Record<"quiet" | "reloads", ReloadWindow[]>> {
  const target = { host: "127.0.0.1", port: engine.port, path: "/v1/stream?writeKey=example-server-key&decisions=1" };
  const frames = new EventFrames({ profiles: PROFILES, traffic: "visits", seed: 7, startedAt: new Date() });
  const open = (): Promise<Load> => openConnections(target, CONNECTIONS, frames);
  const warming = await open();
  await warming.closedLoop(5, 8);
  const found: Record<"quiet" | "reloads", ReloadWindow[]> = { quiet: [], reloads: [] };
  let round = 0;
  const reload = async (): Promise<number> => {
    const startMs = performance.now();
    const inForce = engine.process.untilSays(/rules \S+ are in force/, IN_FORCE_MS_MAX);
    save(folder, round);
    await inForce;
    return performance.now() - startMs;
  };
  // The first reload warms up: the thread that checks has read everything once before.
  await windowOf(warming, reload);
  warming.close();
  for (round = 1; round <= ROUNDS; round++) {
    process.stderr.write(`round ${round} of ${ROUNDS}            \r`);
    const load = await open();
    const kinds = round % 2 === 0 ? (["quiet", "reloads"] as const) : (["reloads", "quiet"] as const);
    for (const kind of kinds) found[kind].push(await windowOf(load, kind === "quiet" ? undefined : reload));
    load.close();
  }
  return found;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function report(found: Record<"quiet" | "reloads", readonly ReloadWindow[]>): void {
  const refused = [...found.quiet, ...found.reloads].reduce((sum, window) => sum + window.refused, 0);
  if (refused > 0) throw new Error(`${refused} events were refused: what they would have waited is not known`);
  const figures = (["p50Ms", "p99Ms", "maxMs"] as const).map((figure) => {
    const of = (kind: "quiet" | "reloads"): number => median(found[kind].map((window) => window[figure]));
    return { figure, quiet: of("quiet"), reloads: of("reloads"), added: of("reloads") - of("quiet") };
  });
  const longest = (kind: "quiet" | "reloads"): number => Math.max(...found[kind].map(({ maxMs }) => maxMs));
  printTable([
    [
      `median of ${ROUNDS} windows of ${SECONDS} s, ${count(RATE)} events/s`,
      "without ms",
      "with a reload ms",
      "added ms",
    ],
    ...figures.map(({ figure, quiet, reloads, added }) => [
      { p50Ms: "p50", p99Ms: "p99", maxMs: "longest" }[figure],
      ...[quiet, reloads, added].map((ms) => ms.toFixed(2)),
    ]),
    ["longest of all", longest("quiet").toFixed(2), longest("reloads").toFixed(2), ""],
    ["from save to in force", "", median(found.reloads.map(({ inForceMs }) => inForceMs)).toFixed(0), ""],
  ]);
  const sizes = { rules: RULES, profiles: PROFILES, changed: CHANGED, rate: RATE, rounds: ROUNDS, seconds: SECONDS };
  process.stdout.write(`\nkept in ${keepResults("hot-reload", { ...sizes, figures, windows: found })}\n`);
}

const folder = temporaryFolder("hot-reload");
writeRules(folder, OPTIONS);
const engine = await startEngine({ name: "hot-reload", store: "embedded", rules: folder });
try {
  report(await measure(engine, folder));
} finally {
  await engine.process.stop();
  removeFolder(engine.folder);
  removeFolder(folder);
}
