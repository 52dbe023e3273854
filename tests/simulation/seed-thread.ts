/** A thread that runs seeds one after the other and stops at the first that breaks a promise. */
import { parentPort, workerData } from "node:worker_threads";
import type { PlantedBugs } from "../../engine/shard/planted-bugs.ts";
import type { FaultKind } from "./chaos.ts";
import { runSeed, type SeedReport } from "./seed-run.ts";

export interface SeedJob {
  readonly from: number;
  readonly count: number;
  readonly planted: PlantedBugs;
}

export interface SeedsRun {
  readonly run: number;
  readonly broken: SeedReport | undefined;
  /** In how many seeds each kind of fault has come. */
  readonly seedsWith: Partial<Record<FaultKind, number>>;
}

const { from, count, planted } = workerData as SeedJob;
const seedsWith: Partial<Record<FaultKind, number>> = {};
let run = 0;
for (;;) {
  const report = await runSeed(from + run, { planted });
  run += 1;
  for (const kind of Object.keys(report.faults) as FaultKind[]) seedsWith[kind] = (seedsWith[kind] ?? 0) + 1;
  const broken = report.violations.length > 0 ? report : undefined;
  if (broken === undefined && run < count) continue;
  parentPort?.postMessage({ run, broken, seedsWith } satisfies SeedsRun);
  break;
}
