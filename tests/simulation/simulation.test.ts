/**
 * The simulator in continuous integration: thousands of seeds keep every promise, each planted bug is noticed, and a seed
 * is the same run every time. More seeds, and the trace of one that fails: `npm run simulate`.
 *
 * Seeds run from dist/ in two threads: what is tested is what ships, and CI has two cores.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { PlantedBugs } from "../../engine/shard/planted-bugs.ts";
import { FAULT_KINDS } from "./chaos.ts";
import type { SeedJob, SeedsRun } from "./seed-thread.ts";

const SEEDS = 2_000;
const PIECES = 10;
const THREADS = Math.min(2, availableParallelism());
/** A hundred seconds on two idle cores; nothing depends on it but a machine that hangs. */
const MINUTES_MAX = 30;

/** Runs seeds `from` to `from + count - 1`, in order, and stops at the first that breaks a promise. */
function runSeeds(job: SeedJob): Promise<SeedsRun> {
  const thread = new Worker(new URL("../../dist/tests/simulation/seed-thread.js", import.meta.url), {
    workerData: job,
  });
  return new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
  });
}

describe("simulated clusters", () => {
  const runs: SeedsRun[] = [];

  // In pieces, so that on a slow machine, too, something ends every minute or two.
  it.each(Array.from({ length: PIECES }, (_, piece) => 1 + (piece * SEEDS) / PIECES))(
    `keep every promise through ${SEEDS / PIECES} seeds from %i on of crashes, losses, duplicates, merges, rewinds and takeovers`,
    async (first) => {
      const begun = performance.now();
      const each = SEEDS / PIECES / THREADS;
      const jobs = Array.from({ length: THREADS }, (_, i) =>
        runSeeds({ from: first + i * each, count: each, planted: {} }),
      );
      const ended = await Promise.all(jobs);
      runs.push(...ended);
      for (const { broken } of ended)
        expect(
          broken?.violations ?? [],
          `replay: npm run simulate -- --seed ${broken?.seed}, faults ${Object.keys(broken?.faults ?? {}).join(", ")}`,
        ).toEqual([]);
      console.log(
        `${each * THREADS} seeds in ${((performance.now() - begun) / 1000).toFixed(0)} s on ${THREADS} threads`,
      );
    },
    MINUTES_MAX * 60_000,
  );

  it("meet each kind of fault often: one that hardly ever comes proves nothing", () => {
    expect(runs.reduce((sum, { run }) => sum + run, 0)).toBe(SEEDS);
    for (const kind of FAULT_KINDS) {
      const seeds = runs.reduce((sum, { seedsWith }) => sum + (seedsWith[kind] ?? 0), 0);
      expect(seeds, `seeds with ${kind}`).toBeGreaterThan(SEEDS / 10);
    }
  });

  it("run the same way for the same seed, step by step", async () => {
    const { runSeed } = await import("./seed-run.ts");
    for (const seed of [3, 77]) {
      const [first, again] = [await runSeed(seed), await runSeed(seed)];
      expect(again.traceHash).toBe(first.traceHash);
      expect(again.steps).toBe(first.steps);
    }
  });
});

/** How many seeds it may take to notice each bug. */
const PLANTED: readonly (readonly [keyof PlantedBugs, number])[] = [
  ["answersBeforeAppend", 50],
  ["forgetsDuplicate", 50],
  ["ignoresFencing", 200],
  ["checkpointsAboveDurable", 200],
  ["losesUnansweredSent", 100],
  ["zombieReads", 500],
  ["crossingMerges", 50],
  ["clockRunsBackwards", 50],
  ["firesAgain", 50],
  ["losesWakeUps", 50],
  ["missesCompletions", 50],
  ["callsBeforeAppend", 50],
  ["sendsUnknownAgain", 50],
  ["passesCaps", 50],
];

describe("a planted bug is noticed", () => {
  it.each(PLANTED)(
    "%s, within %i seeds",
    async (name, seedsMax) => {
      const { run, broken } = await runSeeds({ from: 1, count: seedsMax, planted: { [name]: true } });
      expect(broken?.violations.length ?? 0, `${name} was not noticed in ${run} seeds`).toBeGreaterThan(0);
      console.log(`${name}: noticed at seed ${run}: ${broken?.violations[0]}`);
    },
    MINUTES_MAX * 60_000,
  );
});
