/** A thread that runs seeds one after the other and stops at the first that breaks a promise. */
import { parentPort, workerData } from "node:worker_threads";
import type { PlantedBugs } from "../../engine/shard/planted-bugs.ts";
import { runSeed } from "./seed-run.ts";

export interface SeedJob {
  readonly from: number;
  readonly count: number;
  readonly planted: PlantedBugs;
}

const { from, count, planted } = workerData as SeedJob;
let run = 0;
for (;;) {
  const report = await runSeed(from + run, { planted });
  run += 1;
  const broken = report.violations.length > 0 ? report : undefined;
  if (broken === undefined && run < count) continue;
  parentPort?.postMessage({ run, broken });
  break;
}
